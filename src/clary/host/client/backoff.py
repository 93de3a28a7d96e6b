"""How long to wait before a request is repeated.

lost connection   50 ms, doubled up to half a second, and 2 s after the first minute: hosts find a
                  restarted server at once, and do not load the machine when it stays away
throttled         up to 0.2 s, doubled up to 20 s, at random: senders that were refused together must
                  not come back together. ``Retry-After`` is obeyed
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_LOST_S, _QUICK_CAP_S, _SLOW_CAP_S, _QUICK_FOR_S = 0.05, 0.5, 2.0, 60.0
_FIRST_BUSY_S, _BUSY_CAP_S, _LONGEST_ASKED_S = 0.2, 20.0, 60.0


class Backoff:
    """The delays of one request, however it fails."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """chance: returns a number from 0 to 1."""
        self._clock = clock
        self._chance = chance
        self._began = clock()
        self._lost_s = _FIRST_LOST_S
        self._busy_s = _FIRST_BUSY_S

    @property
    def waited_s(self) -> float:
        """How long ago the request was sent first."""
        return self._clock() - self._began

    def after_loss(self) -> float:
        """Returns the delay after a connection that was lost, or an answer that says as much."""
        delay = self._lost_s
        cap = _QUICK_CAP_S if self.waited_s < _QUICK_FOR_S else _SLOW_CAP_S
        self._lost_s = min(delay * 2, cap)
        return delay

    def after_throttling(self, asked: str = "") -> float:
        """Returns the delay after an answer that asks to slow down. asked: its ``Retry-After``."""
        delay = self._busy_s * (0.5 + self._chance() / 2)
        self._busy_s = min(self._busy_s * 2, _BUSY_CAP_S)
        return max(delay, min(_seconds(asked), _LONGEST_ASKED_S))


def _seconds(text: str) -> float:
    """Returns the seconds of a ``Retry-After``; 0 for a date, which no S3 sends."""
    return float(text) if text.isascii() and text.isdigit() else 0.0
