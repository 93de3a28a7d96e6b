"""What hosts need to move the bytes of objects themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.services._reported import checked_count, checked_text

if TYPE_CHECKING:
    from clary.services._host_requests import SignPartsRequest
    from clary.services.context import Context, Document
    from clary.store.objects import StoredObject

SIGN_LIMIT = 1000


def checksum_of(stored: StoredObject) -> Document:
    """What a host needs to check the content that it downloads; empty when no CRC32 is known."""
    checksum = stored.attributes.get("Checksum")
    if checksum is None or checksum["Algorithm"] != "CRC32":
        return {}
    return {"Checksum": {**checksum, "Parts": stored.attributes.get("Parts", [])}}


def part_urls(ctx: Context, request: SignPartsRequest, bucket: str, key: str) -> list[str]:
    """URLs of parts of an upload, from the number ``First`` on, at most SIGN_LIMIT."""
    first = checked_count("First", request.get("First"))
    count = min(checked_count("Count", request.get("Count")), SIGN_LIMIT)
    upload = checked_text("UploadId", request.get("UploadId"))
    return ctx.blobs.uploads.part_urls(bucket, key, upload, range(first, first + count))
