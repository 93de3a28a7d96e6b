"""Content that is written into a file: a new one, or a place in a file that several writers share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Connection

    from .blob_files import BlobFiles


class FileSink:
    """Implements Sink."""

    def __init__(
        self,
        files: BlobFiles,
        place: tuple[str, int],
        *,
        position: int = 0,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        """Writes into a file from ``position`` on.

        place: the name of the file and its descriptor. on_end: for a place in a shared file, which must not
        be removed: called once the content is kept or discarded.
        """
        self.blob, self._fd = place
        self.position = position
        self._size = 0
        self._files = files
        self._on_end = on_end

    @classmethod
    def in_new_file(cls, files: BlobFiles) -> FileSink:
        return cls(files, files.create())

    def append(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._fd, view, self.position + self._size)
            self._size += written
            view = view[written:]

    def finish(self) -> None:
        self._files.sync(self.blob, self._fd)
        self._close()

    def settle(self, connection: Connection) -> None:
        """The journal of files is settled after the transaction."""

    def kept(self) -> None:
        if self._on_end is not None:
            self._on_end()
        else:
            self._files.journal.settle(self.blob)

    def discard(self) -> None:
        self._close()
        if self._on_end is not None:
            self._on_end()
        else:
            self._files.discard(self.blob)

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
