"""A thread that reads all sources at each interval and keeps the readings."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .lines import LineFormat
    from .minutes import Minutes
    from .readings import Source


class Sampler:
    """Time stamps are those of the system clock. Durations are measured by a monotonic clock."""

    def __init__(
        self,
        sources: Sequence[Source],
        format: LineFormat,
        minutes: Minutes,
        *,
        interval_s: float,
        on_trouble: Callable[[Exception], object],
    ) -> None:
        """on_trouble: called once with the exception of a source, which is not read again."""
        self._sources = list(sources)
        self._format = format
        self._minutes = minutes
        self._interval_s = interval_s
        self._on_trouble = on_trouble
        self._looked_at: float | None = None
        self._paused = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="profile", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread. No readings come after this. May be repeated."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def follow(self, *, interval_s: float, paused: bool) -> None:
        """Changes the interval, or pauses the sampler."""
        self._interval_s = interval_s
        self._paused = paused

    def look(self, at_s: float, monotonic_s: float) -> None:
        """Reads all sources once. The thread calls this."""
        elapsed_s = 0.0 if self._looked_at is None else monotonic_s - self._looked_at
        self._looked_at = monotonic_s
        readings = []
        for source in list(self._sources):
            try:
                readings += source.read(elapsed_s)
            except Exception as error:
                self._sources.remove(source)
                self._on_trouble(error)
        if readings and elapsed_s > 0:
            self._minutes.add(at_s, self._format.lines(readings, at_s))

    def _run(self) -> None:
        next_s = time.monotonic()
        while not self._stopping.is_set():
            if self._paused:
                self._looked_at = None  # the time between is not measured
            else:
                self.look(time.time(), time.monotonic())
            # Readings that were missed, on a machine that slept or was too busy, are not made up for.
            next_s = max(next_s + self._interval_s, time.monotonic())
            self._stopping.wait(next_s - time.monotonic())
