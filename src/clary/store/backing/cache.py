"""Content that the server itself reads again and again, as tensors for a page: in files, up to a bound."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .reading import BackingReader

PIECE_BYTES = 1 << 20


class ContentCache:
    """Files of one process, by the name of their content. Safe to use from any thread.

    What was used longest ago goes first. Content never changes, so nothing here is ever out of date.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Removes what an earlier process left: its bytes are not counted."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._total = 0

    def open(self, name: str, size: int, read: Callable[[], BackingReader]) -> int:
        """Returns a descriptor of a file with the content, read at its beginning. The caller closes it.

        Content that is larger than the bound gets a file that is gone with its descriptor. Two threads that
        ask for the same may both fetch it. Raises BackingError and OSError.
        """
        with self._lock:
            if name in self._sizes:
                self._sizes.move_to_end(name)
                return os.open(self._folder / name, os.O_RDONLY | os.O_CLOEXEC)
        fresh = self._folder / f"{name}-{secrets.token_hex(4)}"
        descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _fill(descriptor, size, read())
            if size <= self._limit:
                fresh.replace(self._folder / name)
                self._keep(name, size)
            os.lseek(descriptor, 0, os.SEEK_SET)
        except BaseException:
            os.close(descriptor)
            raise
        finally:
            fresh.unlink(missing_ok=True)
        return descriptor

    def forget(self, name: str) -> None:
        with self._lock:
            self._drop(name)

    def _keep(self, name: str, size: int) -> None:
        with self._lock:
            if name not in self._sizes:
                self._sizes[name] = size
                self._total += size
            while self._total > self._limit:
                self._drop(next(iter(self._sizes)))

    def _drop(self, name: str) -> None:
        size = self._sizes.pop(name, None)
        if size is not None:
            self._total -= size
            (self._folder / name).unlink(missing_ok=True)


def _fill(descriptor: int, size: int, reader: BackingReader) -> None:
    try:
        done = 0
        while done < size:
            piece = reader.read(PIECE_BYTES, done)
            os.pwrite(descriptor, piece, done)
            done += len(piece)
    finally:
        reader.close()
