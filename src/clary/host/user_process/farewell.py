"""SIGTERM to everything that a job runs, so that the script hears it below whatever started it.

``docker stop`` sends the signal to the first process only. A shell or a driver there does not pass it on, or
ends at once, and the container ends with it. Here:

- A process with a handler gets the signal at once, at any level. A fork of such a program (a worker of a
  DataLoader) belongs to that program and gets none, nor does what a program starts while it saves.
- The processes above it, which would only die, get none: a shell, ``torchrun``, ``mpirun``. They end when the
  script has ended. ``torchrun`` and ``mpirun`` would give the script only some seconds.
- All others get it when no process is saving any more: ``tee`` reads to the end. An exception is the command
  that a shell with a trap waits for. It gets the signal with the shell, which runs its trap only afterwards.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from ..processes import ancestors, caught_signals, command_line, everything, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..processes import Process

_LAUNCHERS = {
    "torchrun", "torch.distributed.run", "torch.distributed.launch", "mpirun", "mpiexec", "orterun",
    "prterun", "accelerate", "deepspeed",
}  # fmt: skip
_LAUNCHER_WORDS = 8
"""Where the name of a launcher may stand in a command line: ``python -I -m torch.distributed.run``."""
_SHELLS = {"ash", "bash", "dash", "ksh", "sh", "zsh"}
_OF_AN_EXIT_TRAP = 1 << (signal.SIGVTALRM - 1) | 1 << (signal.SIGXCPU - 1)
"""Caught by bash with a trap for EXIT, which ends at the signal, whatever still runs below it."""
_TERM = 1 << (signal.SIGTERM - 1)


class Farewell:
    """Call ``tell`` now and then until everything has ended."""

    def __init__(self, members: Callable[[dict[int, Process]], set[int]]) -> None:
        """members: which of the machine's processes belong to the job."""
        self._members = members
        self._told: set[int] = set()
        self._others: set[int] | None = None
        self._awaited: set[int] = set()
        """What shells with a trap wait for. A command that has just been forked may miss the first signal."""

    def tell(self) -> bool:
        """Returns whether the job has processes yet: a sandbox takes some milliseconds to start."""
        there = everything()
        ours = self._members(there)
        if not ours:
            return False
        above = {pid: [each for each in ancestors(pid, there) if each in ours] for pid in ours}
        hearing = _hearing(ours, above)
        if self._others is None:
            higher = {each for pid in hearing for each in above[pid]}
            self._others = ours - hearing - higher
        saving = self._told & ours
        new = {pid for pid in hearing - self._told if not saving & set(above[pid])}
        shells = {pid for pid in new if _is_shell(pid) and not any(pid in above[each] for each in hearing)}
        self._awaited |= {pid for pid in ours - new if shells & set(above[pid])}
        # The shell first: it would go on with its next command, were the one before it gone already.
        for pid in [*new, *(self._awaited & ours - new)]:
            send(pid, signal.SIGTERM)
        self._told |= new
        if not saving and not new:
            for pid in self._others & ours:
                send(pid, signal.SIGTERM)
            self._others.clear()
        return True


def _hearing(ours: set[int], above: dict[int, list[int]]) -> set[int]:
    """Returns the processes that handle the signal themselves, not through a process above them."""
    catching = {pid for pid in ours if _catches(pid)}
    launchers = {pid for pid in catching if _launches(pid)}
    scripts = {
        pid
        for pid in catching - launchers
        if not any(_is_part(pid, each) for each in above[pid] if each in catching)
    }
    # One whose scripts have no handler does for them what it can.
    busy = {each for pid in scripts for each in above[pid]}
    return scripts | (launchers - busy)


def _catches(pid: int) -> bool:
    caught = caught_signals(pid)
    return bool(caught & _TERM) and caught & _OF_AN_EXIT_TRAP != _OF_AN_EXIT_TRAP


def _is_shell(pid: int) -> bool:
    return command_line(pid)[0].rpartition("/")[2].lstrip("-") in _SHELLS


def _launches(pid: int) -> bool:
    words = command_line(pid)[:_LAUNCHER_WORDS]
    return any(word.rpartition("/")[2] in _LAUNCHERS for word in words)


def _is_part(pid: int, of: int) -> bool:
    """Whether it is a fork of the other, or what Python's multiprocessing starts in place of one."""
    words = command_line(pid)
    return words == command_line(of) or any("multiprocessing" in word for word in words)
