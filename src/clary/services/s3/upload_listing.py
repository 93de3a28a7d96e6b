"""ListMultipartUploads: the uploads that are neither completed nor aborted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store.object_listing import folder_of

from ._attributes import storage_class_of
from ._page_limit import page_limit
from ._spelling import repeated_members, speller_for
from ._targets import check_bucket, check_target, owner_of
from ._upload_lookup import checksum_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_s3.type_defs import ListMultipartUploadsRequestTypeDef

    from clary.services.context import Context, Document
    from clary.store.upload_rows import Upload


def list_multipart_uploads(ctx: Context, request: ListMultipartUploadsRequestTypeDef) -> Document:
    check_target(ctx, request)
    check_bucket(ctx, request["Bucket"])
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    key_marker, id_marker = request.get("KeyMarker") or "", request.get("UploadIdMarker") or ""
    limit = page_limit(request, "MaxUploads", "max-uploads")
    spell = speller_for(request.get("EncodingType"))
    found = _after(ctx.blobs.uploads.of_bucket(request["Bucket"], prefix), key_marker, id_marker)
    answer: dict[str, Any] = {
        "Bucket": request["Bucket"],
        "KeyMarker": spell(key_marker),
        "UploadIdMarker": id_marker,
        **repeated_members(request, spell),
        "MaxUploads": limit,
        "IsTruncated": False,
        "Uploads": [],
        "CommonPrefixes": [],
    }
    count = 0
    last_folder: bytes | None = None
    for upload in found:
        folder = folder_of(upload.key.encode(), prefix.encode(), delimiter.encode())
        if folder and (folder == last_folder or folder <= key_marker.encode()):
            continue
        if count == limit:
            answer["IsTruncated"] = limit > 0
            break
        count += 1
        last_folder = folder
        if folder:
            spelled = spell(folder.decode())
            answer["CommonPrefixes"].append({"Prefix": spelled})
            answer.update(NextKeyMarker=spelled, NextUploadIdMarker="")
        else:
            answer["Uploads"].append(_upload_entry(ctx, upload, spell(upload.key)))
            answer.update(NextKeyMarker=spell(upload.key), NextUploadIdMarker=upload.id)
    if not answer["IsTruncated"]:
        answer.pop("NextKeyMarker", None)
        answer.pop("NextUploadIdMarker", None)
    return answer


def _after(uploads: Sequence[Upload], key_marker: str, id_marker: str) -> list[Upload]:
    """Returns the uploads after the markers. Uploads of one key are in the order of their creation."""
    if not key_marker:
        return list(uploads)
    later = [upload for upload in uploads if upload.key.encode() > key_marker.encode()]
    same = [upload for upload in uploads if upload.key == key_marker]
    ids = [upload.id for upload in same]
    return (same[ids.index(id_marker) + 1 :] if id_marker in ids else []) + later


def _upload_entry(ctx: Context, upload: Upload, key: str) -> dict[str, Any]:
    return {
        "UploadId": upload.id,
        "Key": key,
        "Initiated": upload.started_at,
        "StorageClass": storage_class_of(upload.attributes["Object"]),
        "Owner": owner_of(ctx),
        "Initiator": owner_of(ctx),
        **checksum_names(upload),
    }
