"""The server's log: bounded in size and in lines a second, whatever requests cause.

In the foreground it goes to the terminal. With ``clary up -d``, standard error is ``server.log``: the file is
rotated at LOG_BYTES, and standard error continues in the new one.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOG_BYTES = 10 << 20
KEPT_FILES = 3
"""Number of rotated files, ``server.log.1`` to ``server.log.3``."""
BURST_LINES = 200
LINES_PER_S = 20.0
"""A caller without permissions can cause log lines, but must not fill the disk."""
LINE_CHARACTERS = 20_000
"""Enough for a long traceback."""


def begin_logging(
    path: Path, level: str, *, size_bytes: int = LOG_BYTES, burst_lines: int = BURST_LINES
) -> None:
    """Sets up the process's logging; ``path``: of ``server.log``."""
    handler = TurningLog(path, size_bytes) if _is_standard_error(path) else logging.StreamHandler()
    handler.setFormatter(_Cut("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(AtMost(burst_lines))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


class TurningLog(RotatingFileHandler):
    """A rotating file that standard output and error follow, so that printed text is bounded too."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        super().__init__(path, maxBytes=size_bytes, backupCount=KEPT_FILES, encoding="utf-8")

    def doRollover(self) -> None:
        super().doRollover()
        if self.stream is None:
            self.stream = self._open()
        sys.stdout.flush()
        for descriptor in (1, 2):
            os.dup2(self.stream.fileno(), descriptor)


class AtMost(logging.Filter):
    """Passes ``burst_lines`` lines, then LINES_PER_S. The next line tells how many were dropped."""

    def __init__(self, burst_lines: int = BURST_LINES, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._burst_lines = self._left = float(burst_lines)
        self._at = clock()
        self._dropped = 0

    def filter(self, record: logging.LogRecord) -> bool:
        now = self._clock()
        self._left = min(self._burst_lines, self._left + (now - self._at) * LINES_PER_S)
        self._at = now
        if self._left < 1:
            self._dropped += 1
            return False
        self._left -= 1
        if self._dropped:
            record.msg = f"{record.getMessage()} ({self._dropped} lines before this one were left out)"
            record.args, self._dropped = (), 0
        return True


class _Cut(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if len(text) <= LINE_CHARACTERS else f"{text[:LINE_CHARACTERS]}..."


def _is_standard_error(path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(2), path.stat())
    except OSError:
        return False
