"""A queue of records on disk, which keeps output of the user until the server has accepted it.

Any thread may append records; one thread takes them. The file is emptied whenever all records are taken, so
it grows only while the server is away.
"""

from __future__ import annotations

import os
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEAD = struct.Struct("<QI")
_EMPTY_ABOVE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Record:
    at_ms: int
    data: bytes


class Spool:
    """The queue. ``append`` raises OSError when no space is left, and then keeps nothing of its records."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._changed = threading.Condition()
        self._start = self._end = 0
        self._closed = False

    def append(self, records: Sequence[Record]) -> None:
        packed = b"".join(_HEAD.pack(record.at_ms, len(record.data)) + record.data for record in records)
        with self._changed:
            written = 0
            while written < len(packed):
                written += os.pwrite(self._descriptor, packed[written:], self._end + written)
            self._end += len(packed)
            self._changed.notify_all()

    def close(self) -> None:
        """Says that no more records will come. From now on ``wait`` returns at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits for a record. Returns False when the queue is closed and empty, or after ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._start < self._end, timeout_s)
            return self._start < self._end

    @property
    def size_bytes(self) -> int:
        """The size of the records in the queue."""
        return self._end - self._start

    @property
    def finished(self) -> bool:
        with self._changed:
            return self._closed and self._start == self._end

    def wait_closed(self, timeout_s: float) -> None:
        """Waits until ``close`` is called, at most ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, timeout_s)

    def peek(self, max_records: int, max_bytes: int, overhead_bytes: int = 0) -> list[Record]:
        """Returns the oldest records within both limits, at least one. They stay until ``drop``.

        overhead_bytes: counted for each record beside its data.
        """
        with self._changed:
            window = max_bytes + min(max_records, 10_000) * _HEAD.size
            raw = os.pread(self._descriptor, min(self._end - self._start, window), self._start)
            if len(raw) >= _HEAD.size:
                whole = _HEAD.size + _HEAD.unpack_from(raw)[1]
                if whole > len(raw):
                    raw = os.pread(self._descriptor, whole, self._start)
        records: list[Record] = []
        at = size = 0
        while at + _HEAD.size <= len(raw) and len(records) < max_records:
            at_ms, length = _HEAD.unpack_from(raw, at)
            size += length + overhead_bytes
            if at + _HEAD.size + length > len(raw) or (records and size > max_bytes):
                break
            records.append(Record(at_ms, raw[at + _HEAD.size : at + _HEAD.size + length]))
            at += _HEAD.size + length
        return records

    def drop(self, records: Sequence[Record]) -> None:
        """Removes the given records, which are the oldest ones."""
        with self._changed:
            self._start += sum(_HEAD.size + len(record.data) for record in records)
            if self._start == self._end and self._end > _EMPTY_ABOVE_BYTES:
                os.ftruncate(self._descriptor, 0)
                self._start = self._end = 0
            self._changed.notify_all()
