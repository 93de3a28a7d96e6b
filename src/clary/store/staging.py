"""Uploaded content that no row names yet: hashed, and in memory while it is small, else in a file."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import checksums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .blob_files import BlobFiles


@dataclass(slots=True)
class StagedBlob:
    """Content that waits for its row: durable in a file, or small and in memory.

    blob: the name of the file; empty for ``content`` in memory. position: its beginning in the file, in
    bytes. checksums: base64 by algorithm.
    It is either stored (``kept``) or discarded; a second call of either has no effect.
    """

    blob: str
    position: int
    size: int
    md5: bytes
    checksums: dict[str, str]
    content: bytes = field(repr=False)
    _discard: Callable[[], None] = field(repr=False)
    _keep: Callable[[], None] = field(repr=False)
    _open: bool = True

    @property
    def etag(self) -> str:
        """The MD5 of the content in hexadecimal, without quotes."""
        return self.md5.hex()

    def kept(self) -> None:
        if self._open:
            self._open = False
            self._keep()

    def discard(self) -> None:
        if self._open:
            self._open = False
            self._discard()


class BlobWriter:
    """Writes content in pieces. For one thread at a time; ended by ``finish`` or ``discard``."""

    def __init__(
        self,
        files: BlobFiles,
        place: tuple[str, int] | None,
        algorithms: Iterable[str] = (),
        *,
        small_bytes: int = 0,
        position: int = 0,
        limit_bytes: int | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        """Writes into a file from ``position`` on.

        place: the name of the file and its descriptor. None: a new file, once there are more than
        ``small_bytes``; until then the content is kept in memory. on_end: for a place in a shared file, which
        the writer must not remove: called once the content is kept or discarded.
        """
        self.size = 0
        self._files = files
        self._blob, self._fd = place or ("", -1)
        self._small_bytes = small_bytes
        self._content = bytearray()
        self._position = position
        self._limit = limit_bytes
        self._on_end = on_end
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._checksums = {algorithm: checksums.start(algorithm) for algorithm in algorithms}
        self._closed = False

    def write(self, data: bytes | memoryview) -> None:
        if self._limit is not None and self.size + len(data) > self._limit:
            raise ValueError(f"more than the {self._limit} bytes that were announced")
        self._md5.update(data)
        for checksum in self._checksums.values():
            checksum.update(data)
        if self._fd < 0:
            if self.size + len(data) <= self._small_bytes:
                self._content += data
                self.size += len(data)
                return
            self._blob, self._fd = self._files.create()
            self._append(self._content, 0)
        self._append(data, self.size)
        self.size += len(data)

    def _append(self, data: bytes | bytearray | memoryview, offset: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._fd, view, self._position + offset)
            offset += written
            view = view[written:]

    def digest(self, algorithm: str) -> bytes:
        """Returns the checksum of what was written so far. algorithm: one of those of the writer."""
        return self._checksums[algorithm].digest()

    def finish(self) -> StagedBlob:
        """Makes the content durable, unless it is in memory: then its row does."""
        if self._fd >= 0:
            self._files.sync(self._blob, self._fd)
        self._close()
        return StagedBlob(
            blob=self._blob,
            position=self._position,
            size=self.size,
            md5=self._md5.digest(),
            checksums={name: checksums.encode(value.digest()) for name, value in self._checksums.items()},
            content=b"" if self._blob else bytes(self._content),
            _discard=self._drop,
            _keep=self._keep,
        )

    def discard(self) -> None:
        if not self._closed:
            self._close()
            self._drop()

    def _keep(self) -> None:
        if self._on_end is not None:
            self._on_end()
        elif self._blob:
            self._files.journal.settle(self._blob)

    def _drop(self) -> None:
        if self._on_end is not None:
            self._on_end()
        elif self._blob:
            self._files.discard(self._blob)

    def _close(self) -> None:
        self._closed = True
        if self._fd >= 0:
            os.close(self._fd)
