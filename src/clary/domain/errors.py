"""Errors that an operation answers, in AWS's terms.

    PlatformError                     an answer on the wire: code, HTTP status, message
    ├── BadRequest                    the caller's mistake, told what would be right
    │   ├── ValidationError           a member of the request breaks a constraint
    │   ├── UnknownOperation          an operation of the model that is not implemented
    │   └── SerializationError        a body that is not what its protocol says
    │       └── BadAddress            percent-encoded text that is not UTF-8
    ├── NotFound                      a named resource that does not exist
    ├── Conflict                      the present state forbids it
    │   └── ResourceInUse
    ├── LimitExceeded
    ├── OutOfSpace                    the server's disk is full
    ├── ServiceUnavailable            the server's database is away
    ├── Denied                        the caller is known and may not
    └── Unauthenticated               the signature, the key or the token is not good

An error has its wire code and status; only the server serializes it. Services with error codes of their
own (S3's ``NoSuchKey``) raise with ``code=``.

A failure inside a job is none of these: it becomes the job's ``FailureReason``.
"""

from __future__ import annotations

from typing import Any


class PlatformError(Exception):
    """An error a caller sees. ``members`` are further members of its wire shape.

    headers: further headers of the answer; only S3 has them.
    """

    code = "InternalFailure"
    http_status = 500

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        members: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code if code is not None else type(self).code
        self.http_status = http_status if http_status is not None else type(self).http_status
        self.members = members if members is not None else {}
        self.headers = headers if headers is not None else {}


class BadRequest(PlatformError):
    code, http_status = "ValidationException", 400


class ValidationError(BadRequest):
    pass


class UnknownOperation(BadRequest):
    code = "UnknownOperationException"


class SerializationError(BadRequest):
    code = "SerializationException"


class BadAddress(SerializationError):
    pass


class NotFound(PlatformError):
    """SageMaker answers 400, not 404, when a named resource is missing."""

    code, http_status = "ResourceNotFound", 400


class Conflict(PlatformError):
    code, http_status = "ConflictException", 400


class ResourceInUse(Conflict):
    code = "ResourceInUse"


class LimitExceeded(PlatformError):
    code, http_status = "ResourceLimitExceeded", 400


class OutOfSpace(PlatformError):
    """The status is none of those that clients retry at once."""

    code, http_status = "InsufficientStorage", 507


class ServiceUnavailable(PlatformError):
    """The database does not answer. Clients try again by themselves."""

    code, http_status = "ServiceUnavailable", 503


class Denied(PlatformError):
    code, http_status = "AccessDeniedException", 400


class Unauthenticated(PlatformError):
    code, http_status = "UnrecognizedClientException", 403
