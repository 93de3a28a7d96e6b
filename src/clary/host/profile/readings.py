"""The readings of a source, and files of the kernel that are read repeatedly."""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol

MOST_BYTES = 1 << 20


class DeviceReading(NamedTuple):
    """One value of one device. Utilization is in percent, traffic in bytes a second."""

    type: str
    name: str
    dimension: str
    value: float


class Source(Protocol):
    def read(self, elapsed_s: float) -> list[DeviceReading]:
        """Returns the readings since the last call, ``elapsed_s`` ago.

        The first call returns no differences.
        """
        ...


class KernelFile:
    """A file that is kept open and read from its start each time. Empty when it can't be read."""

    def __init__(self, path: str) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._descriptor = -1

    def read(self) -> bytes:
        if self._descriptor < 0:
            return b""
        pieces: list[bytes] = []
        offset = 0
        while True:
            try:
                piece = os.pread(self._descriptor, MOST_BYTES, offset)
            except OSError:
                return b""
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            offset += len(piece)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
