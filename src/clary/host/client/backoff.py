"""How long to wait before asking again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK_CAP_S = 0.5
SLOW_CAP_S = 2.0
QUICK_FOR_S = 60.0


def delays_s() -> Iterator[float]:
    """Endless waits: 50 ms, doubling to half a second, and 2 s once a minute has passed.

    A server that is started again gets its hosts back at once; one that stays away is not hammered.
    """
    began = time.monotonic()
    delay = 0.05
    while True:
        yield delay
        cap = QUICK_CAP_S if time.monotonic() - began < QUICK_FOR_S else SLOW_CAP_S
        delay = min(delay * 2, cap)
