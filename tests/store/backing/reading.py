"""Writes and reads objects of the bucket "b"."""

from __future__ import annotations

from clary.store.blobs import BlobStore
from clary.store.objects import StoredObject
from clary.store.upload_rows import Part, Upload


def put(blobs: BlobStore, key: str, content: bytes) -> StoredObject:
    writer = blobs.stage()
    writer.write(content)
    return blobs.objects.put("b", key, writer.finish(), attributes={}, modified_at=0.0)


def content_of(blobs: BlobStore, key: str, piece_bytes: int = 1 << 20) -> bytes:
    opened = blobs.objects.open("b", key)
    assert opened is not None
    content = b""
    while piece := opened.read(piece_bytes, len(content)):
        content += piece
    opened.close()
    return content


def part(blobs: BlobStore, upload: Upload, number: int, content: bytes, *, known: bool = True) -> Part:
    """known: the size is known before the content is there."""
    writer = blobs.uploads.stage_part(upload, number, len(content) if known else None)
    writer.write(content)
    return blobs.uploads.put_part(upload, number, writer.finish(), attributes={}, modified_at=0.0)


def complete(blobs: BlobStore, upload: Upload, numbers: list[int]) -> StoredObject:
    parts = {part.number: part for part in blobs.uploads.parts(upload)}
    return blobs.uploads.complete(
        upload, [parts[number] for number in numbers], etag="e", attributes={}, modified_at=0.0
    )
