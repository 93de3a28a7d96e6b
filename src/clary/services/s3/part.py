"""The parts of a multipart upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from clary.store.uploads import UploadMissing

from . import _errors as errors
from ._attributes import quoted, storage_class_of
from ._checksum_choice import part_checksum
from ._copy_source import open_source, source_version_of
from ._page_limit import page_limit
from ._ranges import read_copy_range
from ._targets import check_target, owner_of
from ._upload_lookup import check_part_number, checksum_names, find_upload

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        ListPartsRequestTypeDef,
        UploadPartCopyRequestTypeDef,
        UploadPartRequestTypeDef,
    )

    from clary.services.context import Context, Document
    from clary.store.staging import StagedBlob
    from clary.store.upload_rows import Part, Upload

COPY_BATCH_BYTES = 1 << 20


def upload_part(ctx: Context, request: UploadPartRequestTypeDef) -> Document:
    """``Body`` is a StagedBlob: the content is on disk, and this makes it the part."""
    staged = cast("StagedBlob", request["Body"])
    try:
        check_target(ctx, request)
        check_part_number(request["PartNumber"])
        upload = find_upload(ctx, request)
    except BaseException:
        staged.discard()
        raise
    part = _put(ctx, upload, request["PartNumber"], staged)
    return {"ETag": quoted(part.etag), **_checksum(part), **_encryption(upload)}


def upload_part_copy(ctx: Context, request: UploadPartCopyRequestTypeDef) -> Document:
    check_target(ctx, request)
    check_part_number(request["PartNumber"])
    upload = find_upload(ctx, request)
    opened = open_source(ctx, request)
    try:
        offset, length = 0, opened.object.size
        if request.get("CopySourceRange") is not None:
            offset, length = read_copy_range(request["CopySourceRange"], length)
        algorithm = upload.attributes.get("ChecksumAlgorithm")
        writer = ctx.blobs.uploads.stage_part(
            upload, request["PartNumber"], length, [algorithm] if algorithm else []
        )
        try:
            while writer.size < length:
                wanted = min(COPY_BATCH_BYTES, length - writer.size)
                data = opened.read(wanted, offset + writer.size)
                if not data:
                    raise OSError(f"the file of {opened.object.bucket}/{opened.object.key} is too short")
                writer.write(data)
            staged = writer.finish()
        except BaseException:
            writer.discard()
            raise
    finally:
        opened.close()
    part = _put(ctx, upload, request["PartNumber"], staged)
    return {
        "CopyPartResult": {
            "ETag": quoted(part.etag),
            "LastModified": part.modified_at,
            **_checksum(part),
        },
        **source_version_of(opened.object),
        **_encryption(upload),
    }


def list_parts(ctx: Context, request: ListPartsRequestTypeDef) -> Document:
    check_target(ctx, request)
    upload = find_upload(ctx, request)
    limit = page_limit(request, "MaxParts", "max-parts")
    after = request.get("PartNumberMarker") or 0
    found = ctx.blobs.uploads.parts(upload, after=after, limit=limit + 1)
    page = found[:limit]
    return {
        "Bucket": upload.bucket,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": limit,
        "IsTruncated": len(found) > limit > 0,
        "Parts": [
            {
                "PartNumber": part.number,
                "LastModified": part.modified_at,
                "ETag": quoted(part.etag),
                "Size": part.size,
                **_checksum(part),
            }
            for part in page
        ],
        "Initiator": owner_of(ctx),
        "Owner": owner_of(ctx),
        "StorageClass": storage_class_of(upload.attributes["Object"]),
        **checksum_names(upload),
    }


def _put(ctx: Context, upload: Upload, number: int, staged: StagedBlob) -> Part:
    try:
        checksum = part_checksum(upload, staged.checksums)
    except BaseException:
        staged.discard()
        raise
    attributes: dict[str, Any] = {"Checksum": checksum} if checksum else {}
    try:
        return ctx.blobs.uploads.put_part(
            upload, number, staged, attributes=attributes, modified_at=ctx.now()
        )
    except UploadMissing:
        raise errors.no_such_upload(upload.id) from None


def _checksum(part: Part) -> dict[str, str]:
    checksum = part.attributes.get("Checksum")
    return {f"Checksum{checksum['Algorithm']}": checksum["Value"]} if checksum else {}


def _encryption(upload: Upload) -> dict[str, Any]:
    encryption: dict[str, Any] = upload.attributes["Object"].get("Encryption", {})
    return encryption
