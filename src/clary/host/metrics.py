"""Metric points: read from log lines by the job's own expressions, and from the files of its tracker.

Points are numbered as they are made; a batch says how many came before it, so that the server takes each
point once, however often a batch arrives.
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from .beneath import walk_beneath
from .errors import Gone
from .service import Service, ServiceError
from .spool import Record, Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

MAX_POINTS = 1_000
MAX_BATCH_BYTES = 256 << 10
LOOK_EVERY_S = 0.5
Point = tuple[str, float, "int | None", float]
"""(name, epoch seconds, step or None, value)."""


class MetricShipper:
    """Sends points in order from a thread of its own."""

    def __init__(
        self,
        service: Service,
        host: str,
        spool: Spool,
        on_gone: Callable[[Gone], None],
        note: Callable[[str], None],
    ) -> None:
        self._service = service
        self._host = host
        self._spool = spool
        self._on_gone = on_gone
        self._note = note
        self._accepted = 0
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def put(self, points: Sequence[Point]) -> None:
        """Raises OSError when the disk is full."""
        self._spool.append([Record(0, json.dumps(point).encode()) for point in points])

    def close(self) -> None:
        """Returns when every point has been accepted, however long the server stays away."""
        self._spool.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._spool.finished:
                if self._spool.wait():
                    batch = self._spool.peek(MAX_POINTS, MAX_BATCH_BYTES)
                    self._send(batch)
                    self._spool.drop(batch)
                    self._spool.wait_closed(LOOK_EVERY_S)
        except Gone as gone:
            self._on_gone(gone)

    def _send(self, batch: Sequence[Record]) -> None:
        points = [json.loads(record.data) for record in batch]
        request = {"Host": self._host, "Sequence": self._accepted, "Points": points}
        try:
            self._service.operation("PutHostMetrics", request)
            self._accepted += len(batch)
        except ServiceError as error:
            if error.refused:
                raise Gone(f"PutHostMetrics was refused for good: {error}") from error
            # Sent again they would be refused again, and every later point would wait behind them.
            self._note(f"{len(batch)} metric points were not accepted: {error}")


class LineMetrics:
    """Applies the job's metric definitions to log lines."""

    def __init__(self, definitions: Sequence[tuple[str, str]]) -> None:
        """definitions: (name, expression) pairs; the first group is the number. Raises re.error."""
        self._definitions = [(name, re.compile(expression)) for name, expression in definitions]

    def points(self, line: str, at: float) -> Iterator[Point]:
        for name, expression in self._definitions:
            for match in expression.finditer(line):
                number = _number(match.group(1) if expression.groups else match.group(0))
                if number is not None:
                    yield name, at, None, number


class TrackerFiles:
    """Follows the files in SAGEMAKER_METRICS_DIRECTORY, where each process appends a JSON line per point."""

    def __init__(self, root: Path, folder: str) -> None:
        """folder: relative to ``root``, which user code can't rearrange."""
        self._root = root
        self._folder = folder
        self._offsets: dict[str, int] = {}

    def new_points(self) -> list[Point]:
        """What was appended since the last call, as far as lines are complete."""
        points = []
        for entry in walk_beneath(self._root, self._folder):
            done = self._offsets.get(entry.relative, 0)
            if entry.is_link or not entry.name.endswith(".json") or entry.status.st_size <= done:
                continue
            try:
                with open(entry.open(), "rb") as file:
                    file.seek(done)
                    data = file.read(1 << 20)
            except OSError:
                continue
            complete = data.rfind(b"\n") + 1
            self._offsets[entry.relative] = done + complete
            points += [point for line in data[:complete].splitlines() for point in _tracked(line)]
        return points


def _tracked(line: bytes) -> Iterator[Point]:
    try:
        document: dict[str, Any] = json.loads(line)
        step = document.get("IterationNumber")
        at = _instant(document.get("Timestamp"))
        value = _number(str(document["Value"]))
        if value is not None:
            yield str(document["MetricName"]), at, None if step is None else int(step), value
    except (ValueError, KeyError, TypeError, AttributeError):
        return  # user code owns the file; a line that is not a point is not our business


def _instant(timestamp: Any) -> float:
    if timestamp is None:
        return time.time()
    try:
        return float(timestamp)
    except ValueError:
        from datetime import datetime

        return datetime.fromisoformat(str(timestamp)).timestamp()


def _number(text: str | None) -> float | None:
    """A point is a finite number: JSON has no other."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
