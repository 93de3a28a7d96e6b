"""The checks of bucket and key that all operations have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import _errors as errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context

KEY_LIMIT_BYTES = 1024

_VERSION_ID = re.compile(r"null|[A-Za-z0-9._-]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""AWS's, and those of other S3s, which are UUIDs."""
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ODD_LABEL = re.compile(r"\.[.-]|-\.")
_IP_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_RESERVED_PREFIXES = ("xn--", "sthree-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_target(ctx: Context, request: Mapping[str, Any]) -> None:
    """Raises S3Error for an invalid key or version id, another owner, and customer keys."""
    key = request.get("Key")
    if key is not None:
        check_key(key)
    owner = request.get("ExpectedBucketOwner")
    if owner is not None and owner != ctx.account:
        raise errors.S3Error("AccessDenied", f"The bucket is not owned by {owner}", 403)
    check_version(request.get("VersionId"))
    if request.get("SSECustomerAlgorithm") is not None:
        raise errors.not_implemented(
            "Encryption with a customer's key", "leave out the SSECustomer parameters"
        )


def check_key(key: str) -> None:
    """Raises InvalidURI for a key that is not UTF-8, KeyTooLongError for one that is too long."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise errors.S3Error("InvalidURI", "Couldn't parse the specified URI: the key is not UTF-8") from None
    if size > KEY_LIMIT_BYTES:
        raise errors.S3Error(
            "KeyTooLongError", "Your key is too long", Size=size, MaxSizeAllowed=KEY_LIMIT_BYTES
        )


def check_version(version: str | None) -> None:
    """Raises S3Error for a malformed version id. A missing version is another error."""
    if not is_version(version):
        raise errors.invalid_argument("versionId", version, "Invalid version id specified")


def is_version(version: str | None) -> bool:
    """Whether it has the form of a version id. None is the current version."""
    return version is None or _VERSION_ID.fullmatch(version) is not None


def check_bucket_name(name: str) -> None:
    """Raises InvalidBucketName for an invalid name of a general purpose bucket."""
    usable = (
        _BUCKET_NAME.fullmatch(name)
        and not _ODD_LABEL.search(name)
        and not _IP_ADDRESS.fullmatch(name)
        and not name.startswith(_RESERVED_PREFIXES)
        and not name.endswith(_RESERVED_SUFFIXES)
    )
    if not usable:
        raise errors.S3Error(
            "InvalidBucketName",
            "The specified bucket is not valid: a name has 3 to 63 lower-case letters, digits, hyphens and "
            "dots, begins and ends with a letter or digit, and is not an IP address.",
            BucketName=name,
        )


def check_bucket(ctx: Context, name: str) -> None:
    if not ctx.blobs.buckets.exists(name):
        raise errors.no_such_bucket(name)


def owner_of(ctx: Context) -> dict[str, Any]:
    """Returns the owner of all buckets and objects: the account, by its canonical id."""
    return {"ID": ctx.account.rjust(64, "0"), "DisplayName": ctx.account}
