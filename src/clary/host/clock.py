"""A clock for what is measured: it tells the time of day, and goes on evenly when that is set.

Instants of one host that are subtracted from each other, which gives a training's duration, come from here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _even() -> float:
    """Seconds that also go on while the machine sleeps, where the kernel counts them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class EvenClock:
    def __init__(self, wall: Callable[[], float] = time.time, even: Callable[[], float] = _even) -> None:
        self._even = even
        self._begun_at = wall() - even()

    def now(self) -> float:
        """Epoch seconds by the time of day when this clock was made."""
        return self._begun_at + self._even()
