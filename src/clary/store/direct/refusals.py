"""What the other S3 answers in place of what was asked for.

BackingError
├── DirectUnavailable    away, slow, overloaded, or it does not take the server's keys: a 503
└── DirectRefused        an error of the caller, which is passed on: its code, its status, its words
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore import exceptions as botocore_errors

from clary.store.backing.failures import BackingError, BackingUnavailable
from clary.store.buckets import BucketMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

_OF_THE_SERVER = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "PermanentRedirect",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
)
"""Codes that say what is wrong with the server's settings, or with the time: callers can't do anything."""

_OF_STATUS = {
    400: "InvalidRequest",
    403: "AccessDenied",
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    409: "OperationAborted",
    412: "PreconditionFailed",
    416: "InvalidRange",
}
"""The answer of a HEAD has no code."""

_MISSING = ("NoSuchKey", "NoSuchVersion", "NoSuchBucket", "NoSuchUpload", "NoSuchTagSet", "NotFound")


class DirectUnavailable(BackingUnavailable):
    """The other S3 can't be used now. The message is for callers too, who know that S3."""


class DirectRefused(BackingError):
    """The other S3 refuses what a caller asked for. code, http_status: as in its answer."""

    def __init__(self, code: str, message: str, http_status: int) -> None:
        super().__init__(message)
        self.code = code
        self.http_status = http_status

    @property
    def is_missing(self) -> bool:
        return self.http_status == 404 or self.code in _MISSING


def refusal_of(error: Exception, endpoint: str) -> DirectRefused | None:
    """Returns the caller's error in what botocore raised; None for an error of the server or the network."""
    if isinstance(error, botocore_errors.ParamValidationError):
        return DirectRefused("InvalidArgument", " ".join(str(error).split())[:300], 400)
    if not isinstance(error, botocore_errors.ClientError):
        return None
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    if code in _OF_THE_SERVER or status == 429 or status < 400 or (status >= 500 and status != 501):
        return None
    if not code or code.isdigit():
        code = "NotImplemented" if status == 501 else _OF_STATUS.get(status, "InvalidRequest")
    said = " ".join(str(told.get("Message", "")).split()) or "no reason given"
    return DirectRefused(code, f"The S3 {endpoint} refuses {error.operation_name}: {said:.300}", status)


@contextmanager
def bucket_of(name: str) -> Iterator[None]:
    """Raises BucketMissing in place of the other S3's NoSuchBucket."""
    try:
        yield
    except DirectRefused as error:
        if error.code == "NoSuchBucket":
            raise BucketMissing(name) from error
        raise
