"""A clock for durations: it starts at the time of day and does not jump when the time of day is set.

The instants of a host whose difference is a duration, such as a training's, come from this clock.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _even() -> float:
    """Returns monotonic seconds, including the time that the machine slept where the kernel counts it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class EvenClock:
    def __init__(self, wall: Callable[[], float] = time.time, even: Callable[[], float] = _even) -> None:
        self._even = even
        self._begun_at = wall() - even()

    def now(self) -> float:
        """Returns epoch seconds, by the time of day when this clock was created."""
        return self._begun_at + self._even()
