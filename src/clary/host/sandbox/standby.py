"""A process that an agent forks before it knows anything secret, and that becomes its job's sandbox.

    agent ── standby: joins the groups, makes the namespaces ── process 1: waits, mounts ── the command

Joining a control group takes the kernel 6 to 20 ms, without work for a processor. That is over when the
job's data is there, because the process joins before it has anything to do. And no program has to be
started: Python and its imports take 20 ms of a processor, a fork takes one. Nor for the launcher, which is
ours: it runs in another fork, and what it executes takes the place of that.

Process 1 goes on as a copy of the agent at the moment of the fork. So the agent forks first of all things,
when its memory holds modules and no spec, no credentials, no variables of the server. The user's process
can't read that memory all the same (``drop_rights``).
"""

from __future__ import annotations

import gc
import marshal
import os
import shlex  # noqa: F401 - for the launcher, when it is too late to import anything
import shutil  # noqa: F401
import signal
import socket
import subprocess  # noqa: F401
import sys
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

from ..injected import launcher
from .entrance import check_for_nul
from .inner import (
    CLONE_NEWPID,
    be_first,
    checked,
    die_with_parent,
    divide,
    libc,
    run_privately,
    start_program,
)
from .memory_file import memory_file
from .unshare import inner_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .view import View

LAUNCHER = "/opt/clary/launcher.py"
LAUNCHED = ["-I", "-S", LAUNCHER]
"""What follows Python in a command that runs the launcher."""
_LONGEST_MESSAGE = 65_536
_waiting: Standby | None = None


class Standby:
    """The process as its agent sees it. Everything it runs ends when it ends, or the agent.

    is_first: whether it is process 1 of the sandbox, or the parent of that.
    """

    def __init__(self, pid: int, link: socket.socket, *, is_first: bool) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.is_first = is_first
        self._link = link

    def join(self, groups: Sequence[str]) -> None:
        """Puts it into control groups, given by their ``cgroup.procs``. Call it once, before ``start``."""
        self._link.send(marshal.dumps(list(groups)))

    def start(self, view: View, variables: Mapping[str, str], command: Sequence[str], output: int) -> None:
        """Runs the command in a view. output: the descriptor it writes to. Raises ValueError for a NUL."""
        check_for_nul(view, variables)
        with memory_file("orders", inner_words(view, variables, command)) as orders, self._link:
            socket.send_fds(self._link, [b"start"], [orders, output])

    def poll(self) -> int | None:
        """The exit status when it has ended, negative for a signal; None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def dismiss(self) -> None:
        """Ends it, before it was started."""
        self._link.close()
        os.waitpid(self.pid, 0)


def fork_standby(join: Callable[[Sequence[str]], None]) -> None:
    """Call this in a process with one thread, before it learns anything that the user must not know.

    join: called in the new process, with the groups to join.
    """
    global _waiting
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # An ordinary user needs a namespace of users before that of processes, and a process that makes both.
    is_first = os.geteuid() == 0
    fork = _fork_first if is_first else os.fork
    pid = fork()
    if pid == 0:
        _stand_by(theirs, join, is_first)
    theirs.close()
    _waiting = Standby(pid, ours, is_first=is_first)


def take_standby() -> Standby | None:
    """The process that was forked, once; None where there is none, or somebody has taken it already."""
    global _waiting
    taken, _waiting = _waiting, None
    return taken


def _fork_first() -> int:
    """Like ``os.fork``, but the new process is the first one of a namespace of processes. As root only."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    checked(libc.unshare(CLONE_NEWPID), "unshare")
    pid = os.fork()
    if pid:
        # Later children are this process's own again.
        checked(libc.setns(own, CLONE_NEWPID), "setns")
    os.close(own)
    return pid


def _stand_by(link: socket.socket, join: Callable[[Sequence[str]], None], is_first: bool) -> NoReturn:
    """The life of the new process. When the agent ends, so does its end of the link."""
    code = 1
    try:
        os.setsid()
        gc.disable()  # it would write to each page that is shared with the agent
        _forget_inherited(link.fileno())
        die_with_parent()
        if groups := link.recv(_LONGEST_MESSAGE):
            join(marshal.loads(groups))
            if is_first:
                divide()
                be_first(lambda: _orders(link), _start)
            code = run_privately(lambda: _orders(link), _start)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _forget_inherited(kept: int) -> None:
    """Signals are as the kernel gives them, and no descriptor is open but ``kept`` and the first three."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def _orders(link: socket.socket) -> dict[str, Any]:
    """What process 1 is told by ``Standby.start``; it waits for that here."""
    message, descriptors, _, _ = socket.recv_fds(link, _LONGEST_MESSAGE, 2)
    if not message:
        os._exit(0)  # the agent needs no sandbox
    orders, output = descriptors
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    link.close()
    with open(orders, "rb") as file:
        told: dict[str, Any] = marshal.loads(file.read())
    return told


def _start(told: dict[str, Any]) -> int:
    """As ``start_program``, but for a command that is Python with our launcher."""
    python, *words = told["command"]
    if words[: len(LAUNCHED)] != LAUNCHED:
        return start_program(told)
    child = os.fork()
    if child == 0:
        _launch(python, words[len(LAUNCHED) :], told["variables"])
    return child


def _launch(python: str, arguments: list[str], variables: dict[str, str]) -> NoReturn:
    """Does what the launcher would do in a Python of its own: starting one costs 20 ms with its imports."""
    code = 1
    try:
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(variables)
        sys.executable, sys.argv = python, [LAUNCHER, *arguments]
        launcher.main()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)
