"""Group commit: transactions of threads that wait for one another are committed together.

    thread 1   BEGIN  a  ── waits ───────────────────────────► returns
    thread 2             SAVEPOINT  b  RELEASE ── waits ─────► returns
    thread 3                                   SAVEPOINT  c  RELEASE  COMMIT, returns

A commit costs as much as all that a small transaction writes (30 µs for the statements, and each page that
was changed is written to the log). Threads that wait for the turn to write go on in the open transaction;
the last of them commits for all. No thread waits for others to come: without one in the queue a transaction
is committed at once.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

MOST = 64
"""Transactions in one group."""

LONGEST_S = 0.01
"""A group that is older is committed, though more threads wait: their turn may be a long one."""


@dataclass(slots=True)
class _Place:
    """The lock is released when the group is committed, or lost for the reason ``error``."""

    lock: threading.Lock
    error: BaseException | None = None


@dataclass(slots=True)
class CommitGroup:
    """Transactions that have ended and wait for one commit. The thread that has the writer's turn uses it."""

    began_at: float = field(default_factory=time.monotonic)
    _places: list[_Place] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many transactions wait."""
        return len(self._places)

    @property
    def may_grow(self) -> bool:
        return len(self._places) < MOST and time.monotonic() - self.began_at < LONGEST_S

    def join(self) -> _Place:
        """A place to ``wait`` at, for a transaction that has ended."""
        place = _Place(threading.Lock())
        place.lock.acquire()
        self._places.append(place)
        return place

    def end(self, error: BaseException | None = None) -> None:
        """Lets every thread that waits go on: it was committed, or lost for a reason."""
        for place in self._places:
            place.error = error
            place.lock.release()


def wait(place: _Place) -> BaseException | None:
    """Returns when the group is committed; the reason when it was lost."""
    place.lock.acquire()
    return place.error
