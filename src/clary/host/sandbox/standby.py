"""A process that an agent forks at its start, and that becomes the sandbox of its job.

    agent ── standby: joins the control groups, makes the namespaces, waits, mounts ── the command

To join a control group takes 6 to 20 ms of waiting. The process joins while the agent fetches the data, so
nobody waits for it. A fork also saves the start of programs: Python and its imports take 20 ms of CPU, a fork
takes one. For the same reason the launcher of script mode runs in a second fork, which becomes the script.

The memory of process 1 is a copy of the agent's at the moment of the fork. So the agent forks before anything
else, when its memory holds modules only: no spec, no credentials, no variables of the server. The user's
process can't read that memory in any case (``drop_rights``).
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
from .bind_filter import announce_binds
from .entrance import check_for_nul
from .filter import notifying_program
from .fuse_mount import mount_fuse
from .inner import (
    CLONE_NEWPID,
    checked,
    die_with_parent,
    libc,
    make_namespaces,
    run_privately,
    run_process_1,
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
_START, _MOUNT = b"start", b"mount "
_waiting: Standby | None = None


class Standby:
    """The process as its agent sees it. It ends with the agent, and everything that it runs ends with it.

    is_first: it is process 1 of the sandbox; else it is the parent of process 1.
    """

    def __init__(self, pid: int, link: socket.socket, *, is_first: bool) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.is_first = is_first
        self._link = link

    def join(self, groups: Sequence[str]) -> None:
        """Makes it join control groups, by their ``cgroup.procs``. Call it once, before ``start``."""
        self._link.send(marshal.dumps(list(groups)))

    def mount_fuse(self, path: str) -> int:
        """Mounts a FUSE file system at a path outside the sandbox, which only the sandbox will see.

        Returns its device. Call it between ``join`` and ``start``. Raises OSError.
        """
        self._link.send(_MOUNT + os.fsencode(path))
        message, descriptors, _, _ = socket.recv_fds(self._link, _LONGEST_MESSAGE, 1)
        if not descriptors:
            raise OSError(message.decode("utf-8", "replace") or "the process of the sandbox has ended")
        os.set_inheritable(descriptors[0], False)
        return descriptors[0]

    def start(
        self,
        view: View,
        variables: Mapping[str, str],
        command: Sequence[str],
        output: int,
        *,
        binds: int | None = None,
    ) -> None:
        """Runs the command in a view. Raises ValueError for a NUL.

        output: the descriptor for its output. binds: that of a socket which gets what hears of each ``bind``
        (``bind_filter.py``).
        """
        check_for_nul(view, variables)
        more = () if binds is None else (binds,)
        with memory_file("orders", inner_words(view, variables, command)) as orders, self._link:
            socket.send_fds(self._link, [_START], [orders, output, *more])

    def poll(self) -> int | None:
        """Returns the exit status, negative for a signal; None while the process runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def dismiss(self) -> None:
        """Ends the process instead of ``start``."""
        self._link.close()
        os.waitpid(self.pid, 0)


def fork_standby(join: Callable[[Sequence[str]], None]) -> None:
    """Forks the process. Call it in a process with one thread that holds no secrets.

    join: called in the new process with the control groups to join.
    """
    global _waiting
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # An ordinary user has to make a user namespace first, in a process that is the parent of process 1.
    is_first = os.geteuid() == 0
    fork = _fork_first if is_first else os.fork
    pid = fork()
    if pid == 0:
        _stand_by(theirs, join, is_first)
    theirs.close()
    _waiting = Standby(pid, ours, is_first=is_first)


def take_standby() -> Standby | None:
    """Returns the forked process to its first caller; None without one, and to all later callers."""
    global _waiting
    taken, _waiting = _waiting, None
    return taken


def _fork_first() -> int:
    """Forks a child that is process 1 of a new PID namespace; else like ``os.fork``. For root only."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    checked(libc.unshare(CLONE_NEWPID), "unshare")
    pid = os.fork()
    if pid:
        # Later children belong to the old namespace again.
        checked(libc.setns(own, CLONE_NEWPID), "setns")
    os.close(own)
    return pid


def _stand_by(link: socket.socket, join: Callable[[Sequence[str]], None], is_first: bool) -> NoReturn:
    """Joins the groups and becomes the sandbox. Ends when the agent closes its end of the link."""
    code = 1
    try:
        os.setsid()
        gc.disable()  # it would write to each page that is shared with the agent
        _forget_inherited(link.fileno())
        die_with_parent()
        if groups := link.recv(_LONGEST_MESSAGE):
            join(marshal.loads(groups))
            if is_first:
                make_namespaces()
                run_process_1(lambda: _orders(link), _start)
            code = run_privately(lambda: _orders(link), _start)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _forget_inherited(kept: int) -> None:
    """Resets signals and closes all descriptors except ``kept`` and the first three."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def _orders(link: socket.socket) -> dict[str, Any]:
    """Waits in process 1 for ``Standby.start`` and returns what it sent. Makes mounts until then."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(link, _LONGEST_MESSAGE, 3)
        if not message:
            os._exit(0)  # the agent needs no sandbox
        if message == _START:
            break
        _mount(link, os.fsdecode(message.removeprefix(_MOUNT)))
    orders, output, *binds = descriptors
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    link.close()
    with open(orders, "rb") as file:
        told: dict[str, Any] = marshal.loads(file.read())
    told["binds"] = binds
    return told


def _mount(link: socket.socket, path: str) -> None:
    """Mounts in the namespace of this process, and sends the device, or why that is impossible."""
    try:
        device = mount_fuse(path)
    except OSError as error:
        link.send(str(error).encode())
        return
    socket.send_fds(link, [b"mounted"], [device])
    os.close(device)  # the agent is to have the only one: with it the file system ends


def _start(told: dict[str, Any]) -> int:
    """Starts the command as ``start_program`` does, but the launcher in a fork of this process."""
    notifying = notifying_program()
    for link in told["binds"]:
        if notifying is not None:
            announce_binds(link, notifying)
    python, *words = told["command"]
    if words[: len(LAUNCHED)] != LAUNCHED:
        return start_program(told)
    child = os.fork()
    if child == 0:
        _launch(python, words[len(LAUNCHED) :], told["variables"])
    return child


def _launch(python: str, arguments: list[str], variables: dict[str, str]) -> NoReturn:
    """Runs the launcher in this process. A separate Python costs 20 ms with its imports."""
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
