"""The processes of this machine as /proc lists them, and which of them descend from another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal

_MOST_COMMAND_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Process:
    """session: the id of the process that leads its session."""

    pid: int
    parent: int
    session: int


def everything() -> dict[int, Process]:
    """Returns every process of this machine that is no zombie, by its id."""
    try:
        names = os.listdir("/proc")
    except OSError:
        return {}
    found = (_process(int(name)) for name in names if name.isdigit())
    return {process.pid: process for process in found if process is not None}


def below(top: int, there: dict[int, Process]) -> set[int]:
    """Returns the ids of all descendants of ``top``."""
    children: dict[int, list[int]] = {}
    for process in there.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    left = [top]
    while left:
        for child in children.get(left.pop(), ()):
            if child not in found:
                found.add(child)
                left.append(child)
    return found


def ancestors(pid: int, there: dict[int, Process]) -> list[int]:
    """Returns the ids of the ancestors of ``pid``, its parent first."""
    found: list[int] = []
    while pid in there and (pid := there[pid].parent) > 0 and pid not in found:
        found.append(pid)
    return found


def caught_signals(pid: int) -> int:
    """Returns the signals that the process has handlers for, as bits: bit 0 is signal 1."""
    for line in _read(f"/proc/{pid}/status", 8192).splitlines():
        if line.startswith(b"SigCgt:"):
            return int(line[7:], 16)
    return 0


def command_line(pid: int) -> list[str]:
    """Returns the words in the first 4 KiB of the command; one empty word when the process is gone."""
    return os.fsdecode(_read(f"/proc/{pid}/cmdline", _MOST_COMMAND_BYTES)).split("\0")


def send(pid: int, number: signal.Signals) -> None:
    """Sends a signal; does nothing when the process is gone, or its id belongs to another user by now."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _process(pid: int) -> Process | None:
    # A name may hold anything; what follows it is: state, parent, group, session.
    fields = _read(f"/proc/{pid}/stat", 4096).rpartition(b")")[2].split()
    if len(fields) < 4 or fields[0] in (b"Z", b"X"):
        return None
    return Process(pid, int(fields[1]), int(fields[3]))


def _read(path: str, most_bytes: int) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(most_bytes) or b""
    except OSError:
        return b""
