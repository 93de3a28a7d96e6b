"""The errors of S3: its codes, statuses and wording.

``S3Error`` is the only class. The functions create errors that are raised in several places.
"""

from __future__ import annotations

from clary.domain.errors import PlatformError


class S3Error(PlatformError):
    """An error with one of S3's codes. Further members become elements of the error's XML."""

    def __init__(
        self,
        code: str,
        message: str,
        http_status: int = 400,
        *,
        headers: dict[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(message, code=code, http_status=http_status, members=members, headers=headers)


def no_such_bucket(name: str) -> S3Error:
    return S3Error("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)


def no_such_key(key: str, headers: dict[str, str] | None = None) -> S3Error:
    return S3Error("NoSuchKey", "The specified key does not exist.", 404, headers=headers, Key=key)


def no_such_upload(upload_id: str) -> S3Error:
    return S3Error(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
        "aborted or completed.",
        404,
        UploadId=upload_id,
    )


def invalid_argument(name: str, value: object, message: str) -> S3Error:
    return S3Error("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


def invalid_request(message: str) -> S3Error:
    return S3Error("InvalidRequest", message)


def not_implemented(what: str, instead: str) -> S3Error:
    return S3Error("NotImplemented", f"{what} is not implemented: {instead}", 501)


def precondition_failed(condition: str) -> S3Error:
    return S3Error(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
        Condition=condition,
    )


def try_again(message: str) -> S3Error:
    return S3Error("OperationAborted", message, 409)


def bad_digest(name: str) -> S3Error:
    return S3Error("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def out_of_space() -> S3Error:
    """Returns an error for a full disk, with a status that clients do not retry."""
    return S3Error("InsufficientStorage", "No space is left on the disk that holds S3's objects.", 507)
