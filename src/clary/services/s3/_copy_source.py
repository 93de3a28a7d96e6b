"""The source of a copy: found, allowed by its conditions, held open."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from . import _errors as errors
from ._conditions import check_copy_source
from ._targets import check_bucket, check_key

if TYPE_CHECKING:
    from clary.services.context import Context, Document
    from clary.store.objects import OpenObject


def open_source(ctx: Context, request: Document) -> OpenObject:
    """The caller closes what it gets. Raises S3's errors for a source that is not there or not as asked."""
    bucket, key = read_source(request["CopySource"])
    owner = request.get("ExpectedSourceBucketOwner")
    if owner is not None and owner != ctx.account:
        raise errors.S3Error("AccessDenied", f"The source bucket is not owned by {owner}", 403)
    if request.get("CopySourceSSECustomerAlgorithm") is not None:
        raise errors.not_implemented(
            "Encryption with a customer's key", "leave out the CopySourceSSECustomer parameters"
        )
    opened = ctx.blobs.objects.open(bucket, key)
    if opened is None:
        check_bucket(ctx, bucket)
        raise errors.no_such_key(key)
    try:
        check_copy_source(request, opened.object)
    except BaseException:
        opened.close()
        raise
    return opened


def read_source(text: str) -> tuple[str, str]:
    """(bucket, key) of ``[/]bucket/key[?versionId=null]``, percent-encoded."""
    path, _, version = text.partition("?versionId=")
    bucket, slash, key = unquote(path.removeprefix("/")).partition("/")
    if not bucket or not slash or not key:
        raise errors.invalid_argument(
            "x-amz-copy-source", text, "Invalid copy source object key: it has to be bucket/key"
        )
    if version not in ("", "null"):
        raise errors.S3Error(
            "NoSuchVersion", "Versioning is not implemented: the only version is 'null'.", 404, Key=key
        )
    check_key(key)
    return bucket, key
