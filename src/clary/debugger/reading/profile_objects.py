"""The files of a profile, through the door: for each answer, as many as can be read in its time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.debugger.rules.profile_files import END_MARKER, is_framework_file, is_system_file

from .door import PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .door import Door

BYTES_AT_ONCE = 12 << 20
MOST_FILE_BYTES = 32 << 20
MOST_FILES = 50_000

_NUMBERS = re.compile(r"/(\d{10,})[._][^/]*$")


class ProfileObjects:
    """Implements ProfileFiles. is_whole: whether the last call of ``list`` named all there was to read."""

    def __init__(self, door: Door) -> None:
        self.is_whole = False
        self._door = door
        self._read: dict[str, int] = {}

    def list(self) -> Iterator[tuple[str, int]]:
        """By the time of their events: a window ends with the first event behind it."""
        found = []
        for number, listed in enumerate(self._door.list(PROFILE)):
            if number >= MOST_FILES:
                break
            if is_system_file(listed.path) or is_framework_file(listed.path):
                found.append((_time_s(listed.path), listed.path, listed.size))
        left = BYTES_AT_ONCE
        self.is_whole = True
        for _, path, size in sorted(found):
            more = size - self._read.get(path, 0)
            if more <= 0 or size > MOST_FILE_BYTES:
                continue
            if left <= 0:
                self.is_whole = False
                return
            left -= more
            self._read[path] = size
            yield path, size

    def read(self, path: str) -> bytes:
        return self._door.read(PROFILE, path, MOST_FILE_BYTES)

    def ended(self) -> bool:
        return any(True for _ in self._door.list(PROFILE, END_MARKER))


def _time_s(path: str) -> float:
    """From its name: seconds in that of a system file, microseconds in that of a framework file."""
    match = _NUMBERS.search(path)
    if match is None:
        return 0.0
    number = float(match.group(1)[:20])
    return number / 1e6 if number > 1e12 else number
