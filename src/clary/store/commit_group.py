"""Group commit: transactions of threads that wait for one another are committed together.

    thread 1   BEGIN  a  ── waits ───────────────────────────► returns
    thread 2             SAVEPOINT  b  RELEASE ── waits ─────► returns
    thread 3                                   SAVEPOINT  c  RELEASE  COMMIT, returns

A commit costs about as much CPU as a small transaction: it writes every changed page to the log. A thread
that waits for its turn to write continues in the open transaction; the last thread in the queue commits for
all. No thread waits for others to arrive: with an empty queue a transaction is committed at once.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

MOST = 64
"""The most transactions in one group."""

LONGEST_S = 0.01
"""An older group is committed even if more threads wait, because their transactions may be long."""


@dataclass(slots=True)
class _Ticket:
    """One transaction of a group. Its lock is released when the group is committed or lost.

    error: why it was lost.
    """

    lock: threading.Lock
    error: BaseException | None = None


@dataclass(slots=True)
class CommitGroup:
    """Transactions that have ended and wait for one commit. Used by the thread that has the turn to write."""

    began_at: float = field(default_factory=time.monotonic)
    _tickets: list[_Ticket] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many transactions wait for the commit."""
        return len(self._tickets)

    @property
    def may_grow(self) -> bool:
        return len(self._tickets) < MOST and time.monotonic() - self.began_at < LONGEST_S

    def join(self) -> _Ticket:
        """Adds a transaction that has ended. Its thread passes the result to ``wait``."""
        ticket = _Ticket(threading.Lock())
        ticket.lock.acquire()
        self._tickets.append(ticket)
        return ticket

    def end(self, error: BaseException | None = None) -> None:
        """Wakes every waiting thread. error: why the group was lost; None when it is committed."""
        for ticket in self._tickets:
            ticket.error = error
            ticket.lock.release()


def wait(ticket: _Ticket) -> BaseException | None:
    """Waits until the group has ended. Returns the error when it was lost."""
    ticket.lock.acquire()
    return ticket.error
