"""Opens the source of a copy, and checks its conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.copy_source import read_copy_source

from . import _errors as errors
from ._conditions import check_copy_source
from ._targets import check_key, check_version
from ._versions import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document
    from clary.store.objects import OpenObject, StoredObject


def open_source(ctx: Context, request: Mapping[str, Any]) -> OpenObject:
    """Returns the open source; the caller closes it. Raises S3Error if it is missing or a condition fails."""
    source = read_copy_source(request["CopySource"])
    check_key(source.key)
    owner = request.get("ExpectedSourceBucketOwner")
    if owner is not None and owner != ctx.account:
        raise errors.S3Error("AccessDenied", f"The source bucket is not owned by {owner}", 403)
    if request.get("CopySourceSSECustomerAlgorithm") is not None:
        raise errors.not_implemented(
            "Encryption with a customer's key", "leave out the CopySourceSSECustomer parameters"
        )
    version = source.version or None
    check_version(version)
    opened = ctx.blobs.objects.open(source.bucket, source.key, version)
    if opened is None:
        named = {"Bucket": source.bucket, "Key": source.key, "VersionId": version}
        error = missing(ctx, named)
        if error.code == "MethodNotAllowed":
            raise errors.invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by version id."
            )
        raise error
    try:
        check_copy_source(request, opened.object)
    except BaseException:
        opened.close()
        raise
    return opened


def source_version_of(source: StoredObject) -> Document:
    """Returns ``CopySourceVersionId``, unless the bucket of the source never had versions."""
    return {"CopySourceVersionId": source.version} if source.version else {}
