"""The turn to write: one thread has it at a time, and others get it in the order of their requests."""

from __future__ import annotations

import threading
from collections import deque


class WriterTurn:
    """A fair lock that tells how many threads wait for it. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        # Each waiting thread sleeps on a lock of its own, which ``give`` releases.
        self._waiting: deque[threading.Lock] = deque()

    def take(self) -> None:
        """Returns when this thread has the turn."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            sleeper = threading.Lock()
            sleeper.acquire()
            self._waiting.append(sleeper)
        sleeper.acquire()

    @property
    def waiting(self) -> int:
        """How many threads wait for the turn."""
        return len(self._waiting)

    def give(self) -> None:
        """Passes the turn to the thread that has waited longest; without one, the turn is free."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
