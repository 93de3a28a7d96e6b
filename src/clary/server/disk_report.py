"""How full the disk is, and with which parts of the state folder."""

from __future__ import annotations

import os
import shutil
import threading
import time
from typing import TYPE_CHECKING

from clary.kinds.machine_use import DiskUse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRESH_S = 60.0
"""How long a count is told again: a folder of many files takes seconds to count."""
MOST_S = 0.5
"""For one part. What was counted until then is told, and that it is not all."""
_BLOCK_BYTES = 512


class DiskReport:
    """Counts when it is asked, one caller at a time. Safe to use from any thread."""

    def __init__(
        self, home: Path, environments: Path, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._home = home
        self._parts = {
            "Objects": [home / "blobs"],
            "Database": [home / name for name in ("clary.db", "clary.db-wal", "clary.db-shm")],
            "Running jobs": [home / "hosts"],
            "Environments": [environments],
            "Server's log": [home / f"server.log{end}" for end in ("", ".1", ".2", ".3")],
        }
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, bool]] = {}
        self._known_at: float | None = None

    def look(self) -> DiskUse:
        whole = shutil.disk_usage(self._home)
        with self._lock:
            if self._known_at is None or self._clock() - self._known_at > FRESH_S:
                self._known = {name: self._count(paths) for name, paths in self._parts.items()}
                self._known_at = self._clock()
            return DiskUse(whole.total, whole.free, self._known)

    def _count(self, paths: list[Path]) -> tuple[int, bool]:
        until = self._clock() + MOST_S
        total = 0
        waiting = [str(path) for path in paths]
        seen: set[tuple[int, int]] = set()
        while waiting:
            if self._clock() > until:
                return total, False
            path = waiting.pop()
            try:
                status = os.lstat(path)
                # Channels are hard links of objects: a file counts once.
                if (status.st_dev, status.st_ino) in seen:
                    continue
                if status.st_nlink > 1:
                    seen.add((status.st_dev, status.st_ino))
                total += status.st_blocks * _BLOCK_BYTES
                if os.path.isdir(path) and not os.path.islink(path):
                    waiting += [entry.path for entry in os.scandir(path)]
            except OSError:
                continue  # it has gone meanwhile, or belongs to somebody else
        return total, True
