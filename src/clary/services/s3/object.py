"""Objects: put, get, head."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any, cast

from clary.store.buckets import BucketMissing

from . import _errors as errors
from ._attributes import attributes_of_request, checksum_members, head_of, part_checksum_members, quoted
from ._blob_slice import BlobSlice
from ._conditions import check_read, write_guard
from ._ranges import part_range, part_sizes, read_range
from ._targets import check_target
from ._upload_lookup import check_part_number
from ._versions import missing, new_version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.type_defs import (
        GetObjectRequestTypeDef,
        HeadObjectRequestTypeDef,
        PutObjectRequestTypeDef,
    )

    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject
    from clary.store.staging import StagedBlob


def put_object(ctx: Context, request: PutObjectRequestTypeDef) -> Document:
    """``Body`` is a StagedBlob: the content is on disk, and this makes it the key's object."""
    staged = cast("StagedBlob", request["Body"])
    try:
        check_target(ctx, request)
        if request.get("WriteOffsetBytes") is not None:
            raise errors.not_implemented("Appending to an object", "leave out WriteOffsetBytes")
        attributes = attributes_of_request(request)
        for algorithm, value in staged.checksums.items():
            attributes["Checksum"] = {"Algorithm": algorithm, "Value": value, "Type": "FULL_OBJECT"}
        guard = write_guard(request)
    except BaseException:
        staged.discard()
        raise
    try:
        stored = ctx.blobs.objects.put(
            request["Bucket"],
            request["Key"],
            staged,
            attributes=attributes,
            modified_at=ctx.now(),
            guard=guard,
        )
    except BucketMissing:
        raise errors.no_such_bucket(request["Bucket"]) from None
    return {
        "ETag": quoted(stored.etag),
        **new_version_of(stored),
        **checksum_members(attributes),
        **attributes.get("Encryption", {}),
    }


def get_object(ctx: Context, request: GetObjectRequestTypeDef) -> Document:
    """``Body`` of the result is bytes for small content, otherwise a BlobSlice that has to be closed.

    This reads rows and no file, so the event loop may call it.
    """
    check_target(ctx, request)
    opened = ctx.blobs.objects.open(request["Bucket"], request["Key"], request.get("VersionId"))
    if opened is None:
        raise missing(ctx, request)
    try:
        answer, offset, length = _answer(request, opened.object)
        body = BlobSlice(opened, offset, length)
    except BaseException:
        opened.close()
        raise
    return {**answer, "Body": body if opened.content is None else body.read(length)}


def head_object(ctx: Context, request: HeadObjectRequestTypeDef) -> Document:
    check_target(ctx, request)
    stored = ctx.blobs.objects.find(request["Bucket"], request["Key"], request.get("VersionId"))
    if stored is None or stored.is_marker:
        raise missing(ctx, request)
    return _answer(request, stored)[0]


def _answer(request: Mapping[str, Any], stored: StoredObject) -> tuple[Document, int, int]:
    """Returns (headers, offset, length) for a GetObject or HeadObject."""
    check_read(request, stored)
    answer = head_of(stored)
    for member, override in _OVERRIDES.items():
        if request.get(override) is not None:
            answer[member] = request[override]
    if request.get("ResponseExpires") is not None:
        answer["Expires"] = formatdate(int(request["ResponseExpires"]), usegmt=True)
    wanted: tuple[int, int] | None = None
    if request.get("PartNumber") is not None:
        if request.get("Range"):
            raise errors.invalid_request("Cannot specify both Range header and partNumber query parameter")
        check_part_number(request["PartNumber"])
        wanted = part_range(stored, request["PartNumber"])
        if "Parts" in stored.attributes:
            answer["PartsCount"] = len(part_sizes(stored))
        if request.get("ChecksumMode") == "ENABLED":
            answer.update(_of_part(stored, request["PartNumber"]))
    elif request.get("Range"):
        wanted = read_range(request["Range"], stored.size)
    offset, length = wanted if wanted is not None else (0, stored.size)
    answer["ContentLength"] = length
    if wanted is not None and length > 0:
        answer["ContentRange"] = f"bytes {offset}-{offset + length - 1}/{stored.size}"
    elif request.get("ChecksumMode") == "ENABLED" and request.get("PartNumber") is None:
        # It is of the whole object: with a range, a client would compare the range with it.
        answer.update(checksum_members(stored.attributes))
    return answer, offset, length


_OVERRIDES = {
    "CacheControl": "ResponseCacheControl",
    "ContentDisposition": "ResponseContentDisposition",
    "ContentEncoding": "ResponseContentEncoding",
    "ContentLanguage": "ResponseContentLanguage",
    "ContentType": "ResponseContentType",
}


def _of_part(stored: StoredObject, number: int) -> Document:
    """Returns the checksum of one part; of the whole object when it has no parts."""
    if "Parts" not in stored.attributes:
        return checksum_members(stored.attributes)
    members = part_checksum_members(stored.attributes, number)
    return {**members, "ChecksumType": stored.attributes["Checksum"]["Type"]} if members else {}
