"""Signed calls that do not give up while the server is away.

A lost connection is retried for ever: the server may be killed and started again at any moment, and every
call here may be repeated without harm. A 5xx or a throttled answer is retried as long as the caller has
patience; any other 4xx is an answer, and is raised.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from clary.domain.hosts.protocol import HEADER, OTHER_VERSION, version
from clary.domain.signing import sign_request

from .connection import Connection, FilePart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clary.domain.identity import Credentials

    from .connection import ServerResponse

DATA_PATIENCE_S = 300.0
"""How long a transfer on behalf of the job goes on against an answering server that is in trouble."""
_QUICK_CAP_S, _SLOW_CAP_S, _QUICK_FOR_S = 0.5, 2.0, 60.0
_THROTTLED = ("Throttling", "ThrottlingException", "SlowDown", "RequestLimitExceeded", "RequestTimeTooSkewed")
_UNKNOWN_CALLER = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "ExpiredToken",
    "ExpiredTokenException",
)


class ServiceError(Exception):
    """An answer that says no. ``document`` is the body of a JSON error."""

    def __init__(self, status: int, code: str, message: str, document: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code or status}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.document = document or {}

    @property
    def denied(self) -> bool:
        return self.code in ("AccessDenied", "AccessDeniedException", "AllAccessDisabled")

    @property
    def refused(self) -> bool:
        """Whoever we sign as has no business here (any more)."""
        return self.denied or self.code in _UNKNOWN_CALLER


class Service:
    """One connection to the endpoint, signing as one identity. For one thread at a time."""

    def __init__(
        self,
        url: str,
        region: str,
        credentials: Callable[[], Credentials],
        *,
        patience_s: float = float("inf"),
    ) -> None:
        """credentials: asked before every call, so that short-lived ones can be renewed under it.

        patience_s: how long 5xx and throttled answers are retried.
        """
        self._patience_s = patience_s
        scheme, _, rest = url.partition("://")
        self._host = rest.split("/", 1)[0]
        self._base = f"{scheme}://{self._host}"
        name, _, port = self._host.rpartition(":") if ":" in self._host else (self._host, "", "")
        secure = scheme == "https"
        self._connection = Connection(name.strip("[]"), int(port or (443 if secure else 80)), secure=secure)
        self._region = region
        self._credentials = credentials

    def operation(self, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """One of the operations that only hosts call; raises ServiceError.

        Ends this process when the server is of another version: it understands nothing else either.
        """
        headers = {"Content-Type": "application/json", HEADER: version()}
        try:
            return self._json(f"/_clary/{name}", "clary", headers, request)
        except ServiceError as error:
            if error.code == OTHER_VERSION:
                os.write(2, f"{error.message}\n".encode())
                os._exit(1)
            raise

    def logs(self, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """An operation of CloudWatch Logs; raises ServiceError."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Logs_20140328.{name}"}
        return self._json("/", "logs", headers, request)

    def sagemaker(self, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """An operation of SageMaker; raises ServiceError."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{name}"}
        return self._json("/", "sagemaker", headers, request)

    def call(
        self,
        service: str,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | FilePart = b"",
        receive: Callable[[ServerResponse], Any] | None = None,
    ) -> Any:
        """One call, repeated as the module says; answers what ``receive`` made of a 2xx answer.

        ``receive`` may be called again when the connection is lost while it reads.
        """
        digest = _sha256(body)
        began = time.monotonic()
        for delay_s in _delays_s():
            try:
                signed = self._sign(service, method, target, headers, digest)
                response = self._connection.request(method, target, signed, body)
                if 200 <= response.status < 300:
                    return receive(response) if receive is not None else response.read()
                error = _error(response)
            except OSError as trouble:
                if not _network(trouble):
                    raise
            else:
                if not _passing(error) or time.monotonic() - began > self._patience_s:
                    raise error
            time.sleep(delay_s)
        raise AssertionError("unreachable: the delays never end")

    def close(self) -> None:
        self._connection.close()

    def _json(
        self, target: str, service: str, headers: dict[str, str], request: Mapping[str, Any]
    ) -> dict[str, Any]:
        body = json.dumps(request).encode()
        answer: dict[str, Any] = json.loads(self.call(service, "POST", target, headers, body) or b"{}")
        return answer

    def _sign(
        self, service: str, method: str, target: str, headers: Mapping[str, str], digest: str
    ) -> dict[str, str]:
        plain = {"host": self._host, **{name.lower(): value for name, value in headers.items()}}
        if service == "s3":
            plain["x-amz-content-sha256"] = digest
        url = self._base + target
        added = sign_request(
            method, url, plain, digest, self._credentials(), self._region, service, time.time()
        )
        return {**plain, **added}


def _sha256(body: bytes | FilePart) -> str:
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    digest = hashlib.sha256()
    done = 0
    while done < body.size_bytes:
        piece = os.pread(body.descriptor, min(1 << 20, body.size_bytes - done), body.offset + done)
        if not piece:
            break
        digest.update(piece)
        done += len(piece)
    return digest.hexdigest()


def _network(trouble: OSError) -> bool:
    """Is it the way to the server that failed (and not, say, a full disk while receiving)?"""
    return (
        isinstance(trouble, (ConnectionError, TimeoutError))
        or trouble.errno in (None, 101, 110, 113)
        or (type(trouble).__name__ in ("gaierror", "ConnectionLost"))
    )


def _passing(error: ServiceError) -> bool:
    return error.status >= 500 or error.status in (408, 429) or error.code in _THROTTLED


def _error(response: ServerResponse) -> ServiceError:
    body = response.read()
    if body.lstrip()[:1] == b"<":
        return ServiceError(response.status, _tag(body, "Code"), _tag(body, "Message"))
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    code = str(document.get("__type") or response.headers.get("x-amzn-errortype") or "")
    message = str(document.get("message") or document.get("Message") or body[:200].decode("utf-8", "replace"))
    return ServiceError(response.status, code.split("#")[-1].split(":")[0], message, document)


def _tag(body: bytes, name: str) -> str:
    """The text of the first element of that name: an S3 error is flat, and needs no XML parser."""
    text = body.decode("utf-8", "replace")
    start = text.find(f"<{name}>")
    end = text.find(f"</{name}>")
    return text[start + len(name) + 2 : end] if 0 <= start < end else ""


def _delays_s() -> Iterator[float]:
    """Endless waits: 50 ms, doubling to half a second, and 2 s once a minute has passed.

    A server that is started again gets its hosts back at once; one that stays away is not hammered.
    """
    began = time.monotonic()
    delay = 0.05
    while True:
        yield delay
        cap = _QUICK_CAP_S if time.monotonic() - began < _QUICK_FOR_S else _SLOW_CAP_S
        delay = min(delay * 2, cap)
