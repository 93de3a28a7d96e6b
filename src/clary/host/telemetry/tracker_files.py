"""Reads the metric points of a tracker inside the job: each process appends JSON lines to a file of its own.

The files belong to user code. A line that is no point is ignored, and named in the job's log.
"""

from __future__ import annotations

import json
import threading
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

from clary.domain.points import finite, flaw

from ..beneath import walk_beneath
from ..notes import note, note_exception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ..beneath import FolderEntry
    from .metrics import Point

LOOK_EVERY_S = 0.5
END_PATIENCE_S = 10.0
MAX_FILES = 1_000
READ_BYTES = 1 << 20
"""The most that is read of one file in one pass, and the longest line."""
LOOK_BYTES = 8 << 20
"""The most that is read of all files in one pass."""
MAX_SENTENCES = 10


class TrackerFiles:
    """Reads new lines from the files of a folder."""

    def __init__(self, root: Path, folder: str, say: Callable[[str], None]) -> None:
        """folder: relative to ``root``, which user code can't change. say: writes into the job's log."""
        self._root = root
        self._folder = folder
        self._say = say
        self._sentences = 0
        self._offsets: dict[str, int] = {}

    def new_points(self) -> list[Point]:
        """Returns the points of complete lines since the last call. More may be left."""
        points: list[Point] = []
        left_bytes = LOOK_BYTES
        for entry in islice(walk_beneath(self._root, self._folder), MAX_FILES):
            done = self._offsets.get(entry.relative, 0)
            if entry.is_link or not entry.name.endswith(".json") or entry.status.st_size <= done:
                continue
            data = _read(entry, done, min(READ_BYTES, left_bytes))
            left_bytes -= len(data)
            complete = data.rfind(b"\n") + 1
            if not complete and len(data) == READ_BYTES:
                complete = len(data)
                self._left_out(entry.name, f"a line is longer than {READ_BYTES} bytes")
            self._offsets[entry.relative] = done + complete
            points += self._points(entry.name, data[:complete])
            if left_bytes <= 0:
                break
        return points

    def _points(self, name: str, data: bytes) -> Iterator[Point]:
        for line in data.splitlines():
            try:
                document = json.loads(line)
                if isinstance(document, dict) and "MetricName" in document:
                    yield _point(document)
            except (ValueError, RecursionError) as error:
                self._left_out(name, str(error))

    def _left_out(self, name: str, why: str) -> None:
        self._sentences += 1
        if self._sentences <= MAX_SENTENCES:
            self._say(f"Clary: a metric point in {name} was left out: {why[:300]}")


class TrackerFollower:
    """A thread that reads new points, so that nothing else waits for many files."""

    def __init__(self, files: TrackerFiles, put: Callable[[Sequence[Point]], None]) -> None:
        self._files = files
        self._put = put
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tracker", daemon=True)
        self._thread.start()

    def close(self, patience_s: float = END_PATIENCE_S) -> None:
        """Returns when every point is read, or after ``patience_s``."""
        self._closed.set()
        self._thread.join(patience_s)

    def _run(self) -> None:
        try:
            while not self._closed.wait(LOOK_EVERY_S):
                self._look()
            until = time.monotonic() + END_PATIENCE_S
            while self._look() and time.monotonic() < until:
                pass
        except Exception as error:
            note_exception(error)

    def _look(self) -> bool:
        points = self._files.new_points()
        try:
            self._put(points)
        except OSError as error:
            note(f"{len(points)} points of a tracker were lost: {error}")
        return bool(points)


def _read(entry: FolderEntry, start: int, size_bytes: int) -> bytes:
    try:
        with open(entry.open(), "rb") as file:
            file.seek(start)
            return file.read(size_bytes)
    except OSError:
        return b""


def _point(document: dict[str, Any]) -> Point:
    """Returns the point of a JSON line. Raises ValueError, which says what is wrong."""
    name, step = document["MetricName"], document.get("IterationNumber")
    value: Any = document.get("Value")
    at = _instant(document.get("Timestamp"))
    if isinstance(value, str | bool):
        value = float(value)
    if isinstance(step, float) and step.is_integer():
        step = int(step)
    wrong = flaw(name, at, step, value)
    if not wrong and not finite(value):
        wrong = f"its value {value!r} has to be a finite number"
    if wrong:
        raise ValueError(f"{str(name)[:80]}: {wrong}")
    return name, at, step, float(value)


def _instant(timestamp: Any) -> Any:
    """Returns epoch seconds. A value that is no instant is returned unchanged."""
    if timestamp is None:
        return time.time()
    if not isinstance(timestamp, str):
        return timestamp
    try:
        return float(timestamp)
    except ValueError:
        from datetime import datetime

        return datetime.fromisoformat(timestamp).timestamp()
