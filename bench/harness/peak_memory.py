"""The peak memory of a server."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil


def peak_memory_mb(pid: int) -> float:
    """The sum of the peak resident set sizes of a process and its descendants, in MB."""
    total = 0
    for each in [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{each}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    total += int(line.split()[1]) * 1024
    return total / 1e6
