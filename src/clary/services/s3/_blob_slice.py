"""A range of an object's content, held open while it is sent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clary.store.objects import OpenObject


class BlobSlice:
    """``length`` bytes from ``offset`` on, read in order. The object may be deleted meanwhile."""

    def __init__(self, opened: OpenObject, offset: int, length: int) -> None:
        self._opened = opened
        self._position = offset
        self._left = length
        self._lock = threading.Lock()
        self._begun = b""
        opened.expect(offset, length)

    def begin(self, limit_bytes: int) -> None:
        """Reads the first bytes already, so that an error is known before the answer begins.

        Raises BackingError, and is closed then.
        """
        try:
            self._begun = self.read(limit_bytes)
        except BaseException:
            self.close()
            raise

    def read(self, limit_bytes: int) -> bytes:
        """Returns the next bytes, at most ``limit_bytes``; empty at the end and after ``close``.

        Raises OSError for a file that is shorter than its object: a client would take less for everything.
        Raises BackingError.
        """
        with self._lock:
            if self._begun:
                begun, self._begun = self._begun, b""
                return begun
            wanted = min(limit_bytes, self._left)
            if wanted == 0 or not self._opened.is_open:
                return b""
            data = self._opened.read(wanted, self._position)
            if not data:
                stored = self._opened.object
                raise OSError(f"the file of {stored.bucket}/{stored.key} lacks its last {self._left} bytes")
            self._position += len(data)
            self._left -= len(data)
            return data

    @property
    def is_far(self) -> bool:
        """Whether reading asks another machine."""
        return self._opened.is_far

    @property
    def is_at_end(self) -> bool:
        return self._left == 0 and not self._begun

    def close(self) -> None:
        with self._lock:
            self._opened.close()
