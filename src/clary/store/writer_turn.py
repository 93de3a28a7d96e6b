"""The right to write: one thread has it at a time, the others get it in the order in which they asked."""

from __future__ import annotations

import threading
from collections import deque


class WriterTurn:
    """A lock whose waiting threads can be seen. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        # Each waiting thread sleeps on a lock of its own, which whoever gives the turn releases.
        self._waiting: deque[threading.Lock] = deque()

    def take(self) -> None:
        """Returns when this thread has the turn."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            place = threading.Lock()
            place.acquire()
            self._waiting.append(place)
        place.acquire()

    @property
    def waiting(self) -> int:
        """How many threads wait for the turn."""
        return len(self._waiting)

    def give(self) -> None:
        """Gives the turn to the thread that has waited longest, or to whoever asks next."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
