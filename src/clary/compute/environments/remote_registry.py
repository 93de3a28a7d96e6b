"""The images of the server's ECR, read from a node, with the rights of the job's role."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clary.compute.image_archive import Unarchivable
from clary.domain.hosts import HostName
from clary.domain.identity import Credentials
from clary.domain.manifests import UnreadableManifest, digest_of, read_manifest
from clary.host.agent import agent_service
from clary.host.client.backoff import Backoff
from clary.host.client.connection import Connection, ConnectionLost
from clary.host.client.service import DATA_PATIENCE_S, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.domain.hosts import HostSpec
    from clary.domain.manifests import Content, Manifest
    from clary.host.client.connection import ServerResponse

_TARGET = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
_SAID_BYTES = 1000


class RemoteRegistry:
    """One image. The server may be killed and started again while it is read."""

    def __init__(self, spec: HostSpec, pushed: str) -> None:
        """pushed: ``repository@digest``. Raises ServiceError when the role gets no login."""
        self._repository, self._digest = pushed.split("@")
        self._endpoint = spec.endpoint
        self._login = _login(spec)

    def manifest(self) -> Manifest:
        """Raises Unarchivable."""
        with self._answer(f"manifests/{self._digest}", 0) as answer:
            content, sent_as = answer.read(), answer.headers.get("content-type", "")
        if digest_of(content) != self._digest:
            raise Unarchivable(f"{self._digest} is not what was pushed: the server has other bytes")
        try:
            return read_manifest(content, sent_as)
        except UnreadableManifest as error:
            raise Unarchivable(str(error)) from error

    def read(self, content: Content) -> Iterator[bytes]:
        """Yields a layer or a configuration. Goes on where a connection broke off. Raises Unarchivable."""
        done, backoff = 0, Backoff()
        while True:
            try:
                with self._answer(f"blobs/{content.digest}", done) as answer:
                    for piece in answer.chunks():
                        done, backoff = done + len(piece), Backoff()
                        yield piece
                return
            except OSError as trouble:
                if backoff.waited_s > DATA_PATIENCE_S:
                    raise Unarchivable(f"{content.digest} could not be read: {trouble}") from trouble
                time.sleep(backoff.after_loss())

    @contextmanager
    def _answer(self, what: str, begin: int) -> Iterator[ServerResponse]:
        """The bytes of a file from ``begin`` on. Raises Unarchivable; OSError when the connection is lost."""
        parts = urlsplit(self._endpoint.url)
        secure = parts.scheme == "https"
        connection = Connection(
            parts.hostname or "",
            parts.port or (443 if secure else 80),
            secure=secure,
            certificate=self._endpoint.certificate,
        )
        headers = {"Host": parts.netloc, "Authorization": f"Basic {self._login}"}
        if begin:
            headers["Range"] = f"bytes={begin}-"
        try:
            answer = connection.request("GET", f"/v2/{self._repository}/{what}", headers)
            if answer.status != (206 if begin else 200):
                said = answer.read()[:_SAID_BYTES].decode("utf-8", "replace")
                if answer.status >= 500:
                    raise ConnectionLost(f"status {answer.status}: {said}")
                raise Unarchivable(f"the server refuses {what} of {self._repository}: {said}")
            yield answer
        finally:
            connection.close()


def _login(spec: HostSpec) -> str:
    """Returns a login for images, as HTTP Basic has it. Raises ServiceError."""
    agent = agent_service(spec, patience_s=DATA_PATIENCE_S)
    host = HostName.of(spec.job_arn, spec.job_name, spec.host_name)
    try:
        role = agent.operation("RoleCredentials", {"Host": str(host)})
    finally:
        agent.close()
    credentials = Credentials(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
    endpoint = spec.endpoint
    service = Service(
        endpoint.url,
        endpoint.region,
        lambda: credentials,
        patience_s=DATA_PATIENCE_S,
        certificate=endpoint.certificate,
    )
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": _TARGET}
    try:
        answer = json.loads(service.call("ecr", "POST", "/", headers, b"{}"))
    finally:
        service.close()
    return str(answer["authorizationData"][0]["authorizationToken"])
