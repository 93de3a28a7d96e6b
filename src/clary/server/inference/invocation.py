"""What a caller asks of an endpoint, and how a container is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from .model_servers import ModelAddress
    from .object_body import ObjectBody

CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
SESSION_ID = "x-amzn-sagemaker-session-id"
NEW_SESSION_ID = "x-amzn-sagemaker-new-session-id"
CLOSED_SESSION_ID = "x-amzn-sagemaker-closed-session-id"
NEW_SESSION = "NEW_SESSION"
BEGUN_AT = "_BegunAt"
"""The member of parameters that is the time of the loop at which the request came."""


@dataclass(slots=True)
class Invocation:
    """One request to an endpoint. Texts are empty where the caller gave none.

    Do not change it; it is not frozen, as that takes twice the time to make.
    """

    endpoint: str
    body: bytes | ObjectBody = field(repr=False)
    content_type: str = ""
    accept: str = ""
    custom_attributes: str = ""
    inference_id: str = ""
    target_variant: str = ""
    target_model: str = ""
    target_container: str = ""
    session_id: str = ""
    begun_at: float = 0.0
    """Time of the loop at which its request came."""
    asynchronous: bool = False
    """Whether the answer is written to S3."""

    def head(self, address: ModelAddress, content_type: str, size: int, *, last: bool) -> bytes:
        """Returns the head of the request to a container. Nothing of the caller's signature is in it.

        content_type, size: of the body that this container gets. last: its answer is the caller's.
        """
        path = "/invocations"
        if self.target_model:
            path = f"/models/{quote(self.target_model, safe='')}/invoke"
        lines = [
            f"POST {path} HTTP/1.1",
            f"host: {address[0]}:{address[1]}",
            f"content-length: {size}",
        ]
        given = (
            ("content-type", content_type),
            ("accept", self.accept if last else ""),
            (CUSTOM_ATTRIBUTES, self.custom_attributes),
            ("x-amzn-sagemaker-inference-id", self.inference_id),
            ("x-amzn-sagemaker-target-model", self.target_model),
            (SESSION_ID, self.session_id),
        )
        lines += [f"{name}: {value}" for name, value in given if value]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")


def invocation_of(params: dict[str, Any]) -> Invocation:
    """Returns what the parameters of InvokeEndpoint or InvokeEndpointWithResponseStream ask for."""
    return Invocation(
        endpoint=params["EndpointName"],
        body=params["Body"],
        content_type=params.get("ContentType", ""),
        accept=params.get("Accept", ""),
        custom_attributes=params.get("CustomAttributes", ""),
        inference_id=params.get("InferenceId", ""),
        target_variant=params.get("TargetVariant", ""),
        target_model=params.get("TargetModel", ""),
        target_container=params.get("TargetContainerHostname", ""),
        session_id=params.get("SessionId", ""),
        begun_at=params[BEGUN_AT],
    )
