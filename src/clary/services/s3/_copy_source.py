"""The source of a copy: found, allowed by its conditions, held open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.copy_source import read_copy_source

from . import _errors as errors
from ._conditions import check_copy_source
from ._targets import check_bucket, check_key

if TYPE_CHECKING:
    from clary.services.context import Context, Document
    from clary.store.objects import OpenObject


def open_source(ctx: Context, request: Document) -> OpenObject:
    """The caller closes what it gets. Raises S3's errors for a source that is not there or not as asked."""
    source = read_copy_source(request["CopySource"])
    check_key(source.key)
    owner = request.get("ExpectedSourceBucketOwner")
    if owner is not None and owner != ctx.account:
        raise errors.S3Error("AccessDenied", f"The source bucket is not owned by {owner}", 403)
    if request.get("CopySourceSSECustomerAlgorithm") is not None:
        raise errors.not_implemented(
            "Encryption with a customer's key", "leave out the CopySourceSSECustomer parameters"
        )
    if source.version not in ("", "null"):
        raise errors.S3Error(
            "NoSuchVersion", "Versioning is not implemented: the only version is 'null'.", 404, Key=source.key
        )
    opened = ctx.blobs.objects.open(source.bucket, source.key)
    if opened is None:
        check_bucket(ctx, source.bucket)
        raise errors.no_such_key(source.key)
    try:
        check_copy_source(request, opened.object)
    except BaseException:
        opened.close()
        raise
    return opened
