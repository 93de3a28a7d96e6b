"""The parts of uploads as files of this machine.

Parts of equal size share one file, each at its final place (``part_slots``): to complete such an upload only
rows are written. Other parts are copied into one file inside the kernel.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .blob_files import READ_ONLY, copy_range, sync_folder
from .file_sink import FileSink
from .staging import BlobWriter
from .upload_rows import Part, Upload, find_part, set_stride

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .blob_files import BlobFiles
    from .database import Database
    from .part_slots import PartSlots

WRITABLE = 0o644


class PartFiles:
    """Implements PartPlaces.

    Only one process may write parts below a root, because the places in shared files are assigned in memory.
    """

    def __init__(self, database: Database, files: BlobFiles, slots: PartSlots) -> None:
        self._database = database
        self._files = files
        self._slots = slots

    @contextmanager
    def begin(self) -> Iterator[str]:
        blob, fd = self._files.create(WRITABLE)
        os.close(fd)
        try:
            sync_folder(self._files.path(blob).parent)
            yield blob
        except BaseException:
            self._files.discard(blob)
            raise
        self._files.journal.settle(blob)

    def stage(
        self, upload: Upload, number: int, size_bytes: int | None, algorithms: Iterable[str]
    ) -> BlobWriter:
        stride = self._claim(upload, number, size_bytes) if size_bytes else None
        if stride is None:
            return BlobWriter(lambda: FileSink.in_new_file(self._files), algorithms)
        try:
            fd = os.open(self._files.path(upload.blob), os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            # The upload has just been aborted, or a completion that failed has made the file read-only.
            self._slots.release(upload.id, number)
            return BlobWriter(lambda: FileSink.in_new_file(self._files), algorithms)
        sink = FileSink(
            self._files,
            (upload.blob, fd),
            position=(number - 1) * stride,
            on_end=lambda: self._slots.release(upload.id, number),
        )
        return BlobWriter(lambda: sink, algorithms, limit_bytes=size_bytes)

    @contextmanager
    def joined(
        self, upload: Upload, chosen: Sequence[Part], everything: Sequence[Part], *, idle: bool
    ) -> Iterator[str]:
        in_place = idle and _fits_in_place(upload, chosen, everything)
        blob = self._finish_in_place(upload, chosen) if in_place else self._join(chosen)
        try:
            yield blob
        except BaseException:
            if not in_place:
                self._files.discard(blob)
            raise
        if not in_place:
            self._files.journal.settle(blob)

    def _claim(self, upload: Upload, number: int, size_bytes: int) -> int | None:
        stride = self._slots.claim(upload.id, upload.stride, number, size_bytes)
        if stride is None:
            return None
        try:
            with self._database.read() as connection:
                before = find_part(connection, upload.id, number)
            # An acknowledged part stays until its replacement is complete.
            if before is not None and before.blob == upload.blob:
                self._slots.release(upload.id, number)
                return None
            if upload.stride == 0:
                with self._database.write() as connection:
                    set_stride(connection, upload.id, stride)
        except BaseException:
            self._slots.release(upload.id, number)
            raise
        return stride

    def _finish_in_place(self, upload: Upload, chosen: Sequence[Part]) -> str:
        shared = os.open(self._files.path(upload.blob), os.O_RDWR | os.O_CLOEXEC)
        try:
            for part in chosen:
                if part.blob != upload.blob:
                    self._copy_part(part, shared, (part.number - 1) * upload.stride)
            os.ftruncate(shared, sum(part.size for part in chosen))
            os.fchmod(shared, READ_ONLY)
            os.fsync(shared)
        finally:
            os.close(shared)
        return upload.blob

    def _join(self, chosen: Sequence[Part]) -> str:
        blob, target = self._files.create()
        try:
            position = 0
            for part in chosen:
                self._copy_part(part, target, position)
                position += part.size
            self._files.sync(blob, target)
        except BaseException:
            self._files.discard(blob)
            raise
        finally:
            os.close(target)
        return blob

    def _copy_part(self, part: Part, target: int, position: int) -> None:
        source = os.open(self._files.path(part.blob), os.O_RDONLY | os.O_CLOEXEC)
        try:
            copy_range(source, target, part.position, position, part.size)
        finally:
            os.close(source)


def _fits_in_place(upload: Upload, chosen: Sequence[Part], everything: Sequence[Part]) -> bool:
    """Whether the shared file can become the object. All parts must be chosen: others would be cut off."""
    if upload.stride == 0 or len(chosen) != len(everything):
        return False
    consecutive = [part.number for part in chosen] == list(range(1, len(chosen) + 1))
    whole = all(part.size == upload.stride for part in chosen[:-1])
    return consecutive and whole and chosen[-1].size <= upload.stride
