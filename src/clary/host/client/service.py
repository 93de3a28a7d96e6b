"""Signed calls that are retried while the server is away.

A lost connection is retried without end: the server may be killed and restarted at any moment, and every call
here may be repeated. A response of 5xx, or one that says that requests are throttled, is retried for the
caller's ``patience_s``; one that says that the server has no database, without end. Any
other 4xx raises ServiceError. ``backoff.py`` says how long each waits. A server that is not trusted ends the
process (``distrust.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, Any

from clary.domain.hosts.protocol import HEADER, OTHER_VERSION, version
from clary.domain.signing import sign_request

from .backoff import Backoff
from .connection import Connection, FilePart
from .distrust import distrust, is_distrust, trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clary.domain.identity import Credentials

    from .connection import ServerResponse

DATA_PATIENCE_S = 300.0
"""How long a transfer for the job is retried while the server answers with errors of its own."""
_THROTTLED = ("Throttling", "ThrottlingException", "SlowDown", "RequestLimitExceeded", "RequestTimeTooSkewed")
_UNKNOWN_CALLER = (
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "ExpiredToken",
    "ExpiredTokenException",
)


class ServiceError(Exception):
    """A response that refuses the request. ``document`` is the body of a JSON error."""

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
        """Whether the identity of the signature has no access, or no longer exists."""
        return self.denied or self.code in _UNKNOWN_CALLER


class Service:
    """One connection to the endpoint that signs as one identity. For one thread at a time."""

    def __init__(
        self,
        url: str,
        region: str,
        credentials: Callable[[], Credentials],
        *,
        patience_s: float = float("inf"),
        certificate: str = "",
    ) -> None:
        """credentials: called before every request, so that short-lived credentials can be renewed.

        patience_s: how long responses of 5xx and throttled requests are retried. certificate: as in Endpoint.
        """
        self.patience_s = patience_s
        scheme, _, rest = url.partition("://")
        self._host = rest.split("/", 1)[0]
        self._base = f"{scheme}://{self._host}"
        name, _, port = self._host.rpartition(":") if ":" in self._host else (self._host, "", "")
        secure = scheme == "https"
        self._connection = Connection(
            name.strip("[]"), int(port or (443 if secure else 80)), secure=secure, certificate=certificate
        )
        self._certificate = certificate
        self._region = region
        self._credentials = credentials

    @property
    def url(self) -> str:
        return self._base

    def operation(self, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Calls one of the operations that only hosts may call. Raises ServiceError.

        Ends this process when the server is of another version, because the two do not understand each other.
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
        """Calls an operation of CloudWatch Logs. Raises ServiceError."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Logs_20140328.{name}"}
        return self._json("/", "logs", headers, request)

    def sagemaker(self, name: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Calls an operation of SageMaker. Raises ServiceError."""
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{name}"}
        return self._json("/", "sagemaker", headers, request)

    def call(
        self,
        service: str,
        method: str,
        target: str,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]],
        body: bytes | FilePart = b"",
        receive: Callable[[ServerResponse], Any] | None = None,
    ) -> Any:
        """Sends one request, retried as the module says; returns what ``receive`` returns for a 2xx response.

        ``receive`` is called again when the connection is lost while it reads. headers: a function is asked
        before each try, so that a request can go on where the one before broke off. Raises ServiceError.
        """
        digest = _sha256(body)
        backoff = Backoff()
        while True:
            try:
                now = headers() if callable(headers) else headers
                signed = self._sign(service, method, target, now, digest)
                response = self._connection.request(method, target, signed, body)
                trusted(self._base)
                if 200 <= response.status < 300:
                    return receive(response) if receive is not None else response.read()
                error = _error(response)
                asked = response.headers.get("retry-after", "")
            except OSError as trouble:
                if is_distrust(trouble):
                    distrust(self._base, trouble, self._certificate, backoff.waited_s)
                elif not _network(trouble):
                    raise
                delay_s = backoff.after_loss()
            else:
                waited = backoff.waited_s > self.patience_s
                if not _passing(error) or (waited and not _without_database(error)):
                    raise error
                delay_s = backoff.after_throttling(asked) if _throttled(error) else backoff.after_loss()
            time.sleep(delay_s)

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
    """Returns whether the connection failed, and not the disk, which may be full while data is received."""
    return (
        isinstance(trouble, (ConnectionError, TimeoutError))
        or trouble.errno in (None, 101, 110, 113)
        or type(trouble).__name__ in ("gaierror", "ConnectionLost")
        or type(trouble).__name__.startswith("SSL")  # a server that was killed in the middle of TLS
    )


def _without_database(error: ServiceError) -> bool:
    """Returns whether the server is there and its database is not: as a lost connection to the server."""
    return error.status == 503 and error.code == "ServiceUnavailable"


def _throttled(error: ServiceError) -> bool:
    """Returns whether the server asks to slow down. Without its database it is as good as away."""
    busy = error.status in (429, 503) or error.code in _THROTTLED
    return busy and not _without_database(error) and error.code != "RequestTimeTooSkewed"


def _passing(error: ServiceError) -> bool:
    return error.status >= 500 or error.status in (408, 429) or error.code in _THROTTLED


def _error(response: ServerResponse) -> ServiceError:
    body = response.read()
    if body.lstrip()[:1] == b"<":
        return refusal(response.status, body)
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    if not isinstance(document, dict):
        document = {}
    code = str(document.get("__type") or response.headers.get("x-amzn-errortype") or "")
    message = str(document.get("message") or document.get("Message") or body[:200].decode("utf-8", "replace"))
    return ServiceError(response.status, code.split("#")[-1].split(":")[0], message, document)


def refusal(status: int, page: bytes) -> ServiceError:
    """Returns what the error document of S3 says."""
    return ServiceError(status, _tag(page, "Code"), _tag(page, "Message"))


def _tag(body: bytes, name: str) -> str:
    """Returns the text of the first element of that name. An S3 error is flat: no XML parser is needed."""
    text = body.decode("utf-8", "replace")
    start = text.find(f"<{name}>")
    end = text.find(f"</{name}>")
    return text[start + len(name) + 2 : end] if 0 <= start < end else ""
