"""A limit of time for work that only a stop of the host can interrupt."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import ClientError, StopRequested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .stop import StopSwitch


@contextmanager
def time_limit(limit_s: float | None, switch: StopSwitch, message: str) -> Iterator[None]:
    """Raises ClientError with a message when the block takes longer. None: it may take any time.

    For use where a stop interrupts (``StopSwitch.interrupts``).
    """
    if limit_s is None:
        yield
        return
    late = threading.Event()

    def end() -> None:
        late.set()
        switch.request()

    timer = threading.Timer(limit_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except StopRequested:
        if not late.is_set():
            raise
        raise ClientError(message) from None
    finally:
        timer.cancel()
