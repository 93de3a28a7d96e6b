"""Sends SIGTERM to the processes of a job, so that the user's script gets it whatever has started the script.

``docker stop`` sends the signal to the first process only. A shell or a driver does not pass it on, or ends
at once, and the container ends with it. Here:

- A process with a handler for SIGTERM gets the signal at once, at any level. A fork of such a program (a
  worker of a DataLoader) is part of that program and gets no signal. Nor does a process that it starts while
  it saves.
- The ancestors of such a process get no signal: a shell, ``torchrun``, ``mpirun``. They end when the script
  has ended. ``torchrun`` and ``mpirun`` would give the script only a few seconds.
- All other processes get the signal when no process is saving any more, so that ``tee`` reads to the end. An
  exception is the command that a shell with a trap waits for. It gets the signal together with the shell,
  which runs its trap only after that command.
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
"""The first words of a command line, which may name a launcher: ``python -I -m torch.distributed.run``."""
_SHELLS = {"ash", "bash", "dash", "ksh", "sh", "zsh"}
_OF_AN_EXIT_TRAP = 1 << (signal.SIGVTALRM - 1) | 1 << (signal.SIGXCPU - 1)
"""bash has handlers for these when it has a trap for EXIT. It then ends at SIGTERM, whatever it started."""
_TERM = 1 << (signal.SIGTERM - 1)


class Termination:
    """The end of one job. Call ``signal`` repeatedly until every process has ended."""

    def __init__(self, own_processes: Callable[[dict[int, Process]], set[int]]) -> None:
        """own_processes: selects those of the machine's processes that belong to the job."""
        self._own_processes = own_processes
        self._signalled: set[int] = set()
        self._others: set[int] | None = None
        self._awaited: set[int] = set()
        """The commands that shells with a trap wait for.

        A command that was just forked may miss the first signal.
        """

    def signal(self) -> bool:
        """Sends the signals that are due now.

        Returns whether the job has processes: a sandbox starts slowly.
        """
        there = everything()
        ours = self._own_processes(there)
        if not ours:
            return False
        above = {pid: [each for each in ancestors(pid, there) if each in ours] for pid in ours}
        hearing = _hearing(ours, above)
        if self._others is None:
            higher = {each for pid in hearing for each in above[pid]}
            self._others = ours - hearing - higher
        saving = self._signalled & ours
        new = {pid for pid in hearing - self._signalled if not saving & set(above[pid])}
        shells = {pid for pid in new if _is_shell(pid) and not any(pid in above[each] for each in hearing)}
        self._awaited |= {pid for pid in ours - new if shells & set(above[pid])}
        # The shell first: otherwise it would run its next command when the current one has ended.
        for pid in [*new, *(self._awaited & ours - new)]:
            send(pid, signal.SIGTERM)
        self._signalled |= new
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
    # A launcher whose scripts have no handler gets the signal itself.
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
    """Returns whether ``pid`` is a fork of ``of``, or a process that Python's multiprocessing has spawned."""
    words = command_line(pid)
    return words == command_line(of) or any("multiprocessing" in word for word in words)
