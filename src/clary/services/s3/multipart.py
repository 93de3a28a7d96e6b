"""Multipart uploads: create, complete, abort."""

from __future__ import annotations

import hashlib
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from clary.store.buckets import BucketMissing
from clary.store.uploads import UploadChanged, UploadMissing

from . import _errors as errors
from ._attributes import attributes_of_request, checksum_members, quoted
from ._checksum_choice import check_listed_checksums, chosen_checksum, whole_checksum
from ._conditions import write_guard
from ._targets import check_target
from ._upload_lookup import checksum_names, find_upload
from ._versions import new_version_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_s3.type_defs import (
        AbortMultipartUploadRequestTypeDef,
        CompleteMultipartUploadRequestTypeDef,
        CreateMultipartUploadRequestTypeDef,
    )

    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject
    from clary.store.upload_rows import Part, Upload

PART_MINIMUM_BYTES = 5 << 20
"""The least size of every part but the last."""

OBJECT_LIMIT_BYTES = 5 << 40

_MD5 = re.compile("[0-9a-f]{32}")


def create_multipart_upload(ctx: Context, request: CreateMultipartUploadRequestTypeDef) -> Document:
    check_target(ctx, request)
    of_object = attributes_of_request(request)
    attributes = {"Object": of_object, **chosen_checksum(request)}
    try:
        upload = ctx.blobs.uploads.create(
            request["Bucket"], request["Key"], attributes=attributes, started_at=ctx.now()
        )
    except BucketMissing:
        raise errors.no_such_bucket(request["Bucket"]) from None
    return {
        "Bucket": upload.bucket,
        "Key": upload.key,
        "UploadId": upload.id,
        **checksum_names(upload),
        **of_object.get("Encryption", {}),
    }


def complete_multipart_upload(ctx: Context, request: CompleteMultipartUploadRequestTypeDef) -> Document:
    check_target(ctx, request)
    upload = ctx.blobs.uploads.find(request["Bucket"], request["Key"], request["UploadId"])
    if upload is None:
        # A client that lost the response repeats the request.
        done = ctx.blobs.objects.find(request["Bucket"], request["Key"])
        if done is not None and _made(done, request):
            return _completed(done)
        upload = find_upload(ctx, request)
    parts = _chosen_parts(request, upload, ctx.blobs.uploads.parts(upload))
    attributes = dict(upload.attributes["Object"])
    checksum = whole_checksum(request, upload, parts)
    if checksum:
        attributes["Checksum"] = checksum
        values = [part.attributes["Checksum"]["Value"] for part in parts]
        attributes["PartChecksums"] = {"Algorithm": checksum["Algorithm"], "Values": values}
    attributes["Parts"] = [[len(list(run)), size] for size, run in groupby(part.size for part in parts)]
    attributes["UploadId"] = upload.id
    try:
        stored = ctx.blobs.uploads.complete(
            upload,
            parts,
            etag=_etag_of([part.etag for part in parts]),
            attributes=attributes,
            modified_at=ctx.now(),
            guard=write_guard(request),
        )
    except UploadMissing:
        raise errors.no_such_upload(upload.id) from None
    except UploadChanged:
        raise errors.try_again(
            "A conflicting operation is in progress against this upload. Please try again."
        ) from None
    except BucketMissing:
        raise errors.no_such_bucket(request["Bucket"]) from None
    return _completed(stored)


def abort_multipart_upload(ctx: Context, request: AbortMultipartUploadRequestTypeDef) -> Document:
    check_target(ctx, request)
    upload = find_upload(ctx, request)
    try:
        ctx.blobs.uploads.abort(upload)
    except UploadMissing:
        raise errors.no_such_upload(upload.id) from None
    return {}


def _chosen_parts(request: Mapping[str, Any], upload: Upload, uploaded: Sequence[Part]) -> list[Part]:
    """Returns the stored parts that a completion lists. Raises S3Error for a part that differs."""
    listed = (request.get("MultipartUpload") or {}).get("Parts") or []
    if not listed:
        raise errors.S3Error(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema: "
            "at least one part has to be listed",
        )
    by_number = {part.number: part for part in uploaded}
    parts: list[Part] = []
    for item in listed:
        part = by_number.get(item.get("PartNumber"))
        if parts and item.get("PartNumber", 0) <= parts[-1].number:
            raise errors.S3Error(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part number.",
                UploadId=request["UploadId"],
            )
        etag = (item.get("ETag") or "").strip('"')
        if part is None or etag != part.etag or not _checksum_agrees(item, part):
            raise errors.S3Error(
                "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have been uploaded, "
                "or the specified entity tag may not match the part's entity tag.",
                UploadId=request["UploadId"],
                PartNumber=item.get("PartNumber"),
                ETag=etag,
            )
        parts.append(part)
    check_listed_checksums(upload, listed)
    _check_sizes(request, parts)
    return parts


def _checksum_agrees(item: Document, part: Part) -> bool:
    checksum = part.attributes.get("Checksum")
    return not checksum or item.get(f"Checksum{checksum['Algorithm']}") in (None, checksum["Value"])


def _check_sizes(request: Mapping[str, Any], parts: Sequence[Part]) -> None:
    for part in parts[:-1]:
        if part.size < PART_MINIMUM_BYTES:
            raise errors.S3Error(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=part.size,
                MinSizeAllowed=PART_MINIMUM_BYTES,
                PartNumber=part.number,
                ETag=part.etag,
            )
    size = sum(part.size for part in parts)
    if size > OBJECT_LIMIT_BYTES:
        raise errors.S3Error(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            ProposedSize=size,
            MaxSizeAllowed=OBJECT_LIMIT_BYTES,
        )
    if request.get("MpuObjectSize") not in (None, size):
        raise errors.invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {request['MpuObjectSize']} does not match "
            f"what was computed: {size}"
        )


def _made(stored: StoredObject, request: Mapping[str, Any]) -> bool:
    """Whether a completion made the object: by the id of its upload, or where none is kept by its ETag."""
    if "UploadId" in stored.attributes:
        return bool(stored.attributes["UploadId"] == request["UploadId"])
    listed = (request.get("MultipartUpload") or {}).get("Parts") or []
    etags = [(item.get("ETag") or "").strip('"') for item in listed]
    return bool(etags) and all(map(_MD5.fullmatch, etags)) and stored.etag == _etag_of(etags)


def _etag_of(parts: Sequence[str]) -> str:
    """Returns the ETag of an object from those of its parts."""
    digests = b"".join(bytes.fromhex(etag) if _MD5.fullmatch(etag) else etag.encode() for etag in parts)
    return f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"


def _completed(stored: StoredObject) -> Document:
    return {
        "Location": f"/{stored.bucket}/{quote(stored.key)}",
        "Bucket": stored.bucket,
        "Key": stored.key,
        "ETag": quoted(stored.etag),
        **new_version_of(stored),
        **checksum_members(stored.attributes),
        **stored.attributes.get("Encryption", {}),
    }
