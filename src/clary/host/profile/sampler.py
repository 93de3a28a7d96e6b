"""Reads all sources every interval, in a thread of its own, and keeps what it read."""

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
    """Time stamps are the clock's, what lies between two looks is measured by one that nobody sets."""

    def __init__(
        self,
        sources: Sequence[Source],
        format: LineFormat,
        minutes: Minutes,
        *,
        interval_s: float,
        on_trouble: Callable[[Exception], object],
    ) -> None:
        """on_trouble: a source that raises is heard of once, and left out from then on."""
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
        """After this no more comes. Again: nothing."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def follow(self, *, interval_s: float, paused: bool) -> None:
        """Looks as often as this from now on, or not at all."""
        self._interval_s = interval_s
        self._paused = paused

    def look(self, at_s: float, monotonic_s: float) -> None:
        """One look at all sources; ``start`` does this by itself."""
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
                self._looked_at = None  # what lies between is nobody's
            else:
                self.look(time.time(), time.monotonic())
            # Looks that were missed, on a machine that slept or was too busy, are not made up for.
            next_s = max(next_s + self._interval_s, time.monotonic())
            self._stopping.wait(next_s - time.monotonic())
