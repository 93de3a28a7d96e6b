"""Uploads open files: a small one in one request, a large one in several parts at a time."""

from __future__ import annotations

import os
import queue
import threading
from typing import TYPE_CHECKING

from ..threads import in_threads
from .connection import FilePart

if TYPE_CHECKING:
    from .objects import ObjectSource

PART_BYTES = 16 << 20
SINGLE_PUT_BYTES = 32 << 20
MOST_PARTS = 10_000
THREADS = 8


def upload_file(
    source: ObjectSource, bucket: str, key: str, descriptor: int, *, threads: int = THREADS
) -> None:
    """Uploads an open file from its first byte. A part that is lost is sent again, and no other.

    Raises ServiceError when S3 refuses it, and FileChanged; nothing is left in S3 then.
    """
    size = os.fstat(descriptor).st_size
    if size <= SINGLE_PUT_BYTES:
        source.s3.put(bucket, key, FilePart(descriptor, 0, size))
        return
    part_bytes = max(PART_BYTES, -(-size // MOST_PARTS))
    parts = [
        FilePart(descriptor, offset, min(part_bytes, size - offset)) for offset in range(0, size, part_bytes)
    ]
    upload = source.s3.create_upload(bucket, key)
    try:
        etags = _put_parts(source, bucket, key, upload, parts, threads)
        source.s3.complete_upload(bucket, key, upload, etags)
    except BaseException:
        source.s3.abort_upload(bucket, key, upload)
        raise


def _put_parts(
    source: ObjectSource, bucket: str, key: str, upload: str, parts: list[FilePart], threads: int
) -> list[str]:
    """Returns the ETags of the parts, in their order."""
    etags = [""] * len(parts)
    urls = source.part_urls(bucket, key, upload, len(parts))
    left: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(parts)):
        left.put(index)
    stop = threading.Event()

    def run(mine: ObjectSource) -> None:
        while not stop.is_set():
            try:
                index = left.get_nowait()
            except queue.Empty:
                return
            etags[index] = (urls and mine.send_part(urls[index], parts[index])) or mine.s3.put_part(
                bucket, key, upload, index + 1, parts[index]
            )

    in_threads(min(threads, len(parts)), run, source, stop.set)
    return etags
