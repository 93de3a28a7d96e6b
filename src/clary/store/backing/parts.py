"""The parts of clients' uploads as parts of uploads there: to complete one moves no byte.

A part that is sent again, that is very large, or whose size is not known, is content of its own. It is copied
into its place by the S3 when the upload is completed: what was acknowledged stays until then.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clary.store.blob_names import backing_name, detail_of, of_backing, whole
from clary.store.staging import BlobWriter
from clary.store.upload_rows import Part, Upload, find_part, set_stride

from .failures import BackingRefused, ContentLost, UploadGone
from .sinks import ContentSink, PartSink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clary.store.database import Database

    from .content import BackingContent

MOST_PARTS = 10_000
"""A part with another number is refused by the rules of S3, when its bytes have come."""
DIRECT_BYTES = 64 << 20
"""A larger part is sent on in pieces while it arrives: its client would not wait until all of it is sent."""


class BackingParts:
    """Implements PartPlaces."""

    def __init__(self, database: Database, content: BackingContent) -> None:
        self._database = database
        self._content = content
        self._lock = threading.Lock()
        self._busy: set[tuple[str, int]] = set()

    @contextmanager
    def begin(self) -> Iterator[str]:
        blob = self._content.new_name()
        try:
            upload = self._content.bucket.begin(backing_name(blob))
            yield of_backing(backing_name(blob), upload)
        except BaseException:
            self._content.give_up(blob)
            raise

    def stage(
        self, upload: Upload, number: int, size_bytes: int | None, algorithms: Iterable[str]
    ) -> BlobWriter:
        fits = size_bytes and size_bytes <= DIRECT_BYTES and 1 <= number <= MOST_PARTS
        if not fits or not self._claim(upload, number):
            return BlobWriter(lambda: ContentSink(self._content), algorithms)
        sink = PartSink(
            self._content,
            upload.blob,
            detail_of(upload.blob),
            number,
            lambda: self._release(upload, number),
        )
        return BlobWriter(lambda: sink, algorithms, limit_bytes=size_bytes)

    @contextmanager
    def joined(
        self, upload: Upload, chosen: Sequence[Part], everything: Sequence[Part], *, idle: bool
    ) -> Iterator[str]:
        name, size = backing_name(upload.blob), sum(part.size for part in chosen)
        plan = _plan(chosen)
        if upload.stride != plan:
            if upload.stride and self._content.bucket.size_of(name) is not None:
                raise FileNotFoundError(f"the upload {upload.id} was put together of other parts before")
            with self._database.write() as connection:
                set_stride(connection, upload.id, plan)
        try:
            parts = self._in_place(upload, chosen)
            self._content.bucket.complete(name, detail_of(upload.blob), parts)
        except UploadGone as error:
            # Put together before, by a process that died before it wrote the row.
            if upload.stride != plan or self._content.bucket.size_of(name) != size:
                raise FileNotFoundError(str(error)) from error
        except ContentLost as error:
            raise FileNotFoundError(str(error)) from error
        yield whole(upload.blob)

    def _in_place(self, upload: Upload, chosen: Sequence[Part]) -> list[tuple[int, str]]:
        """Returns numbers and ETags of parts there. Copies those that are content of their own."""
        bucket, name, there = self._content.bucket, backing_name(upload.blob), detail_of(upload.blob)
        parts = []
        for part in chosen:
            if whole(part.blob) == whole(upload.blob):
                parts.append((part.number, detail_of(part.blob)))
            elif part.size:
                parts.append((part.number, self._copied(name, there, part)))
        if not parts:
            # S3 has no copies of nothing, and no upload without parts.
            parts = [(1, bucket.put_part(name, there, 1, b"", 0))]
        return parts

    def _copied(self, name: str, there: str, part: Part) -> str:
        """Copies a part that is content of its own. Returns its ETag."""
        bucket = self._content.bucket
        try:
            return bucket.copy_part(name, there, part.number, backing_name(part.blob))
        except BackingRefused:
            # Not every S3 has such copies: then the bytes go through here.
            with open(self._content.file_of(backing_name(part.blob), part.size), "rb") as file:
                return bucket.put_part(name, there, part.number, file, part.size)

    def _claim(self, upload: Upload, number: int) -> bool:
        """Whether the part may be written in its place: no other one is, or is being written, there."""
        with self._lock:
            if (upload.id, number) in self._busy:
                return False
            self._busy.add((upload.id, number))
        try:
            with self._database.read() as connection:
                free = find_part(connection, upload.id, number) is None
        except BaseException:
            self._release(upload, number)
            raise
        if not free:
            self._release(upload, number)
        return free

    def _release(self, upload: Upload, number: int) -> None:
        with self._lock:
            self._busy.discard((upload.id, number))


def _plan(chosen: Sequence[Part]) -> int:
    """Returns a number for what is put together. It is kept in the row of the upload (``stride``).

    So a second completion knows whether the content that it finds is what it wants: an S3 may answer it as
    the first one, whatever its parts.
    """
    told = ";".join(f"{part.number} {part.size} {part.blob}" for part in chosen)
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:7], "big") | 1
