"""Keeps the lines of each minute in memory until they are uploaded.

They are not written to the disk, so that a full disk does not matter. When they can't be uploaded for long,
the oldest are dropped.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple

MINUTE_S = 60
MOST_BYTES = 64 << 20


class News(NamedTuple):
    """A file that has grown since it was uploaded. ``whole``: it will not grow any more."""

    path: str
    content: bytes
    whole: bool


@dataclass(slots=True)
class _Minute:
    path: str
    starts_s: int
    lines: bytearray = field(default_factory=bytearray)
    sent_bytes: int = 0


class Minutes:
    """For one thread that adds and one that uploads. ``lost``: how many minutes were dropped."""

    def __init__(self, node: str, *, most_bytes: int = MOST_BYTES) -> None:
        self.lost = 0
        self._node = node
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._minutes: list[_Minute] = []
        self._used: set[int] = set()

    def add(self, at_s: float, lines: bytes) -> None:
        """Adds complete lines of the instant ``at_s`` (epoch seconds)."""
        with self._lock:
            minute = self._minutes[-1] if self._minutes else None
            # After a clock was set back a little, the current minute goes on.
            if minute is None or not -MINUTE_S <= at_s - minute.starts_s < MINUTE_S:
                minute = self._begin(at_s)
            minute.lines += lines
            self._give_up()

    def news(self) -> list[News]:
        """Returns the files that have grown, oldest first."""
        with self._lock:
            newest = self._minutes[-1] if self._minutes else None
            return [
                News(minute.path, bytes(minute.lines), minute is not newest)
                for minute in self._minutes
                if len(minute.lines) > minute.sent_bytes
            ]

    def sent(self, news: News) -> None:
        """Records what was uploaded. A minute that is over is not kept any longer."""
        with self._lock:
            for minute in self._minutes:
                if minute.path == news.path:
                    minute.sent_bytes = len(news.content)
            newest = self._minutes[-1:]
            self._minutes = [
                minute for minute in self._minutes[:-1] if minute.sent_bytes < len(minute.lines)
            ] + newest

    def _begin(self, at_s: float) -> _Minute:
        starts_s = int(at_s // MINUTE_S * MINUTE_S)
        name_s = starts_s
        while name_s in self._used:  # the clock was set back: that file is complete and must not change
            name_s += 1
        self._used.add(name_s)
        hour = time.strftime("%Y%m%d%H", time.gmtime(starts_s))
        minute = _Minute(f"system/incremental/{hour}/{name_s:010d}.{self._node}.json", starts_s)
        self._minutes.append(minute)
        return minute

    def _give_up(self) -> None:
        while len(self._minutes) > 1 and sum(len(each.lines) for each in self._minutes) > self._most_bytes:
            del self._minutes[0]
            self.lost += 1
