"""Makes commits durable: one sync of the write-ahead log for all threads that wait for one.

    thread 1   commit ── sync ─────────► returns
    thread 2     commit ── waits ───────►── sync ───────► returns
    thread 3       commit ── waits ─────►───── waits ───► returns

A commit itself does not wait for the disk (``synchronous = NORMAL``). What the log had before a checkpoint
began it anew is in the database file, which the checkpoint has synced.
"""

from __future__ import annotations

import os
import threading


class LogSync:
    """Syncs the log of one database. Safe to use from any thread."""

    def __init__(self, database_path: str) -> None:
        self._path = f"{database_path}-wal"
        self._fd = -1
        self._changed = threading.Condition()
        self._started = 0
        self._finished = 0

    def sync(self) -> None:
        """Returns when a power cut can take none of the commits of before the call. Raises OSError."""
        with self._changed:
            # One that runs already may have begun before this thread's commit.
            wanted = self._started + 1
            self._changed.wait_for(lambda: self._finished >= wanted or self._finished == self._started)
            if self._finished >= wanted:
                return
            self._started += 1
        done = False
        try:
            os.fdatasync(self._descriptor())
            done = True
        finally:
            with self._changed:
                if done:
                    self._finished = self._started
                else:
                    # Each thread that waits tries it itself.
                    self._started -= 1
                self._changed.notify_all()

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _descriptor(self) -> int:
        # SQLite keeps the file while a connection is open, and has no locks on it that closing would drop.
        if self._fd < 0:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return self._fd
