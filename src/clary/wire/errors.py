"""The codes of errors in each service.

The same error has different codes and statuses in AWS's protocols. An error that was raised with a code of
its own keeps it; any other gets the code that clients of the service know.
"""

from __future__ import annotations

from clary.domain.errors import (
    BadAddress,
    Denied,
    PlatformError,
    SerializationError,
    Unauthenticated,
    UnknownOperation,
    ValidationError,
)

Spelling = tuple[str, int]

_BY_CLASS: dict[str, dict[type[PlatformError], Spelling]] = {
    "json": {},
    "query": {
        ValidationError: ("ValidationError", 400),
        SerializationError: ("MalformedInput", 400),
        BadAddress: ("MalformedInput", 400),
        UnknownOperation: ("InvalidAction", 400),
        Denied: ("AccessDenied", 403),
        Unauthenticated: ("InvalidClientTokenId", 403),
        PlatformError: ("InternalFailure", 500),
    },
    "s3": {
        ValidationError: ("InvalidArgument", 400),
        SerializationError: ("MalformedXML", 400),
        BadAddress: ("InvalidURI", 400),
        UnknownOperation: ("NotImplemented", 501),
        Denied: ("AccessDenied", 403),
        Unauthenticated: ("InvalidAccessKeyId", 403),
        PlatformError: ("InternalError", 500),
    },
}

_BY_SERVICE: dict[str, dict[type[PlatformError], Spelling]] = {
    "logs": {ValidationError: ("InvalidParameterException", 400)},
    "sagemaker-runtime": {ValidationError: ("ValidationError", 400)},
}
"""Services with codes of their own within their family."""

# sigv4 raises these with the codes of the query protocol, before the service is known.
_SIGNING: dict[str, dict[str, Spelling]] = {
    "json": {
        "MissingAuthenticationToken": ("MissingAuthenticationTokenException", 400),
        "IncompleteSignature": ("IncompleteSignatureException", 400),
        "SignatureDoesNotMatch": ("InvalidSignatureException", 400),
        "RequestTimeTooSkewed": ("InvalidSignatureException", 400),
        "RequestExpired": ("InvalidSignatureException", 400),
        "HeadersNotSigned": ("InvalidSignatureException", 400),
    },
    "query": {
        "RequestTimeTooSkewed": ("SignatureDoesNotMatch", 403),
        "RequestExpired": ("SignatureDoesNotMatch", 403),
        "HeadersNotSigned": ("SignatureDoesNotMatch", 403),
        "ExpiredTokenException": ("ExpiredToken", 403),
    },
    "s3": {
        "MissingAuthenticationToken": ("AccessDenied", 403),
        "IncompleteSignature": ("AuthorizationHeaderMalformed", 400),
        "RequestExpired": ("AccessDenied", 403),
        "HeadersNotSigned": ("AccessDenied", 403),
        "ExpiredTokenException": ("ExpiredToken", 400),
    },
}


def spelling(error: PlatformError, family: str, service: str = "") -> Spelling:
    """Returns the code and HTTP status of an error in one family of services: json, query or s3."""
    kind = type(error)
    if error.code != kind.code:
        if isinstance(error, Unauthenticated):
            return _SIGNING[family].get(error.code, (error.code, error.http_status))
        return error.code, error.http_status
    names = {**_BY_CLASS[family], **_BY_SERVICE.get(service, {})}
    code, status = names.get(kind, (error.code, error.http_status))
    # A status that came with the error is more exact.
    return code, status if error.http_status == kind.http_status else error.http_status
