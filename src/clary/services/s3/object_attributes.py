"""GetObjectAttributes: size, checksum and parts of an object without its content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._attributes import checksum_members, part_checksum_members, storage_class_of
from ._page_limit import page_limit
from ._ranges import part_sizes
from ._targets import check_target
from ._versions import missing, version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3.type_defs import GetObjectAttributesRequestTypeDef

    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject


def get_object_attributes(ctx: Context, request: GetObjectAttributesRequestTypeDef) -> Document:
    check_target(ctx, request)
    stored = ctx.blobs.objects.find(request["Bucket"], request["Key"], request.get("VersionId"))
    if stored is None or stored.is_marker:
        raise missing(ctx, request)
    wanted = set(request["ObjectAttributes"])
    answer: dict[str, Any] = {"LastModified": stored.modified_at, **version_of(stored)}
    if "ETag" in wanted:
        answer["ETag"] = stored.etag
    if "ObjectSize" in wanted:
        answer["ObjectSize"] = stored.size
    if "StorageClass" in wanted:
        answer["StorageClass"] = storage_class_of(stored.attributes)
    if "Checksum" in wanted and "Checksum" in stored.attributes:
        answer["Checksum"] = checksum_members(stored.attributes)
    if "ObjectParts" in wanted and "Parts" in stored.attributes:
        answer["ObjectParts"] = _parts_page(request, stored)
    return answer


def _parts_page(request: Mapping[str, Any], stored: StoredObject) -> Document:
    sizes = part_sizes(stored)
    after, limit = max(0, request.get("PartNumberMarker", 0)), page_limit(request, "MaxParts", "max-parts")
    page = [
        {"PartNumber": number, "Size": size, **part_checksum_members(stored.attributes, number)}
        for number, size in enumerate(sizes[after : after + limit], start=after + 1)
    ]
    return {
        "TotalPartsCount": len(sizes),
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1]["PartNumber"] if page else after,
        "MaxParts": limit,
        "IsTruncated": after + len(page) < len(sizes),
        "Parts": page,
    }
