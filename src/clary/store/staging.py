"""Uploaded content that no row names yet: it is written to a file and hashed."""

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
    """Durable content on disk that waits for its row.

    position: its beginning in the file ``blob``, in bytes. checksums: base64 by algorithm.
    It is either stored (``kept``) or discarded; a second call of either has no effect.
    """

    blob: str
    position: int
    size: int
    md5: bytes
    checksums: dict[str, str]
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
        blob: str,
        fd: int,
        algorithms: Iterable[str] = (),
        *,
        position: int = 0,
        limit_bytes: int | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        """Writes into ``fd`` from ``position`` on.

        on_end: for a place in a shared file, which the writer must not remove: called once the content is
        kept or discarded.
        """
        self.size = 0
        self._files = files
        self._blob = blob
        self._fd = fd
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
        view = memoryview(data)
        while view:
            written = os.pwrite(self._fd, view, self._position + self.size)
            self.size += written
            view = view[written:]

    def digest(self, algorithm: str) -> bytes:
        """Returns the checksum of what was written so far. algorithm: one of those of the writer."""
        return self._checksums[algorithm].digest()

    def finish(self) -> StagedBlob:
        """Makes the content durable."""
        self._files.sync(self._blob, self._fd)
        self._close()
        return StagedBlob(
            blob=self._blob,
            position=self._position,
            size=self.size,
            md5=self._md5.digest(),
            checksums={name: checksums.encode(value.digest()) for name, value in self._checksums.items()},
            _discard=self._drop,
            _keep=self._on_end
            if self._on_end is not None
            else lambda: self._files.journal.settle(self._blob),
        )

    def discard(self) -> None:
        if not self._closed:
            self._close()
            self._drop()

    def _drop(self) -> None:
        if self._on_end is not None:
            self._on_end()
        else:
            self._files.discard(self._blob)

    def _close(self) -> None:
        self._closed = True
        os.close(self._fd)
