"""InvokeEndpointAsync: a request that is stored, and answered in S3 later.

request ──> record ──> 202 with the OutputLocation
              │
              └── AsyncQueue ──> model ──> OutputLocation, or FailureLocation ──> record deleted
"""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError

from .invocation import Invocation

if TYPE_CHECKING:
    from .object_body import ObjectBody
    from .route_table import RoutedEndpoint

Document = dict[str, Any]

RECORD_KIND = "async-invocation"
"""Of the records of requests that wait for their answer."""
TIMEOUT_S = 15 * 60
TTL_S = 6 * 3600
"""AWS's times for an answer, and for a request in the queue, where the request says nothing."""


def new_request(endpoint: RoutedEndpoint, request: Document, now: float) -> Document:
    """Returns the record of a request. now: epoch seconds. Raises ValidationError."""
    config = endpoint.routes.asynchronous
    if not endpoint.routes.variants or config is None:
        raise ValidationError(f"Endpoint {endpoint.name} has no AsyncInferenceConfig; use InvokeEndpoint.")
    body: bytes = request.get("Body") or b""
    location = request.get("InputLocation", "")
    if bool(body) == bool(location):
        raise ValidationError("Give InputLocation, an object of S3, or Body, and only one of them.")
    if location and not location.startswith("s3://"):
        raise ValidationError(f"InputLocation is {location!r}; it has to begin with s3://")
    identity = str(uuid.uuid4())
    output = config["OutputConfig"]
    extension = request.get("S3OutputPathExtension", "").strip("/")
    folder = "/".join(filter(None, (output["S3OutputPath"].rstrip("/"), extension)))
    record: Document = {
        "InvocationId": identity,
        "EndpointName": endpoint.name,
        "InferenceId": request.get("InferenceId") or str(uuid.uuid4()),
        "OutputLocation": f"{folder}/{request.get('Filename') or identity + '.out'}",
        "ExpiresAt": now + request.get("RequestTTLSeconds", TTL_S),
        "TimeoutS": request.get("InvocationTimeoutSeconds", TIMEOUT_S),
    }
    if "S3FailurePath" in output:
        record["FailureLocation"] = f"{output['S3FailurePath'].rstrip('/')}/{identity}-error.out"
    for member in ("InputLocation", "ContentType", "Accept", "CustomAttributes"):
        if request.get(member):
            record[member] = request[member]
    if body:
        record["Body"] = base64.b64encode(body).decode()
    return record


def inline_body(record: Document) -> bytes:
    """Returns the body that came with a request."""
    return base64.b64decode(record["Body"])


def invocation_of_record(record: Document, body: bytes | ObjectBody, begun_at: float) -> Invocation:
    """Returns what a stored request asks of its endpoint. begun_at: time of the loop."""
    # The SDK gives the type with the object that it uploads, and not with the request.
    stored = "" if isinstance(body, bytes) else body.content_type
    return Invocation(
        endpoint=record["EndpointName"],
        body=body,
        content_type=record.get("ContentType", stored),
        accept=record.get("Accept", ""),
        custom_attributes=record.get("CustomAttributes", ""),
        inference_id=record["InferenceId"],
        begun_at=begun_at,
        asynchronous=True,
    )
