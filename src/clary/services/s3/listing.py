"""ListObjects and ListObjectsV2: one page in byte order, with common prefixes for a delimiter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store.object_listing import Listing

from . import _errors as errors
from ._listed import entry_of
from ._page_limit import page_limit
from ._spelling import repeated_members, speller_for
from ._targets import check_bucket, check_target, owner_of
from ._tokens import read_token, write_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_s3.type_defs import (
        ListObjectsRequestTypeDef,
        ListObjectsV2RequestTypeDef,
    )

    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject


def list_objects(ctx: Context, request: ListObjectsRequestTypeDef) -> Document:
    marker = request.get("Marker") or ""
    page, answer, spell = _list(ctx, request, marker, with_owner=True)
    answer["Marker"] = spell(marker)
    # Without a delimiter clients continue after the last key of the page.
    if page.truncated and request.get("Delimiter"):
        answer["NextMarker"] = spell(page.last)
    return answer


def list_objects_v2(ctx: Context, request: ListObjectsV2RequestTypeDef) -> Document:
    start_after, token = request.get("StartAfter") or "", request.get("ContinuationToken")
    if token == "":
        raise errors.invalid_argument(
            "continuation-token", "", "The continuation token provided is incorrect"
        )
    after = start_after if token is None else read_token(token)
    page, answer, spell = _list(ctx, request, after, with_owner=bool(request.get("FetchOwner")))
    answer["KeyCount"] = page.count
    if start_after:
        answer["StartAfter"] = spell(start_after)
    if token is not None:
        answer["ContinuationToken"] = token
    if page.truncated:
        answer["NextContinuationToken"] = write_token(page.last)
    return answer


def _list(
    ctx: Context, request: Mapping[str, Any], after: str, *, with_owner: bool
) -> tuple[Listing[StoredObject], dict[str, Any], Callable[[str], str]]:
    check_target(ctx, request)
    limit = page_limit(request, "MaxKeys", "max-keys")
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    if limit == 0:
        page: Listing[StoredObject] = Listing()
    else:
        page = ctx.blobs.objects.page(
            request["Bucket"], prefix=prefix, delimiter=delimiter, after=after, limit=limit
        )
    if page.count == 0:
        check_bucket(ctx, request["Bucket"])
    spell = speller_for(request.get("EncodingType"))
    owner = {"Owner": owner_of(ctx)} if with_owner else {}
    answer: dict[str, Any] = {
        "Name": request["Bucket"],
        **repeated_members(request, spell),
        "MaxKeys": limit,
        "IsTruncated": page.truncated,
        "Contents": [{**entry_of(row), "Key": spell(row.key), **owner} for row in page.rows],
        "CommonPrefixes": [{"Prefix": spell(folder)} for folder in page.common_prefixes],
    }
    return page, answer, spell
