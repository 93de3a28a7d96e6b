"""Starts agents: forks of one process that has loaded all modules.

    server ── socket pair ── forker ─┬─fork─> agent of algo-1
                                     └─fork─> agent of algo-2

Imports take 45 ms, as much as all other work of an agent for an empty job; a fork takes one. A message is a
host's folder with three descriptors: the lock that the agent holds, its log, and its variables. The forker
itself gets no variables, because the sandbox of a job is a copy of its memory (``sandbox/standby.py``). The
forker ends with the server; agents do not.
"""

from __future__ import annotations

import compileall
import contextlib
import gc
import os
import signal
import socket
import sys
import traceback
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from clary.domain.hosts.protocol import OTHER_FILES, PROTOCOL, protocol_on_disk, version

from . import workloads
from .bounds import join
from .bounds.cgroups import parents
from .layout import INJECTED
from .main import main as run_agent
from .sandbox.detection import CHOICE_VARIABLE
from .sandbox.filter import filter_program
from .sandbox.standby import fork_standby
from .sandbox.system import system
from .sandbox.view import SandboxKind

LONGEST_PATH = 4096


def main() -> None:
    """Serves the socket whose descriptor is the last argument until its other end is closed.

    The argument before it is the server's ``version()``.
    """
    link = socket.socket(fileno=int(sys.argv[-1]))
    theirs = sys.argv[-2]
    _load_everything()
    # What is loaded is never collected, so that a fork shares its memory for good.
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with contextlib.suppress(ConnectionError):  # the server was killed in the middle of an exchange
        _serve(link, theirs)


def _serve(link: socket.socket, theirs: str) -> None:
    while True:
        message, descriptors, _, _ = socket.recv_fds(link, LONGEST_PATH, 3)
        if not message:
            return
        if theirs != version() or protocol_on_disk() not in (PROTOCOL, None):
            # The lock is free and the log says why: the host counts as lost, with these last words.
            os.write(descriptors[1], f"{OTHER_FILES}\n".encode())
        else:
            lock, log, variables = descriptors
            folder = Path(os.fsdecode(message))
            pid = _fork(folder, lock, log, variables, link)
            (folder / "agent.pid").write_text(str(pid))
        for descriptor in descriptors:
            os.close(descriptor)
        link.send(b"forked")


def _fork(folder: Path, lock: int, log: int, variables: int, link: socket.socket) -> int:
    # Held back until the agent has its handler: a stop can't come too early for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pid = os.fork()
    if pid == 0:
        try:
            link.close()
            become_agent(folder, lock, log, variables)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    return pid


def become_agent(folder: Path, lock: int, log: int, variables: int) -> None:
    """Runs the agent of a host's folder in this process, a fork that has done nothing else yet."""
    os.setsid()
    _forget_ignored_signals()
    os.set_inheritable(lock, False)  # the user's process must not keep it when the agent dies
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    if os.environ.get(CHOICE_VARIABLE) == SandboxKind.UNSHARE.value:
        fork_standby(join)
    with open(variables, "rb") as file:
        for word in filter(None, file.read().split(b"\0")):
            name, _, text = word.partition(b"=")
            os.environb[name] = text
    run_agent(folder)


def _forget_ignored_signals() -> None:
    """Gives signals back their default that whoever started the server ignored.

    A shell ignores SIGINT and SIGQUIT for what a script starts with "&", nohup SIGHUP. The user's process
    would inherit that, and a script that waits for SIGINT would never end.
    """
    # Python itself needs these two ignored; the user's process gets them back later.
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _load_everything() -> None:
    """Imports what agents need, and computes what is the same for all of them."""
    import encodings.idna  # noqa: F401 - looked up by the first connection

    for module in iter_modules(workloads.__path__):
        import_module(f"{workloads.__name__}.{module.name}")
    # A user's Python reads these files from a mount that it can't keep bytecode in.
    for injected in ("site", "serving"):
        compileall.compile_dir(INJECTED / injected, quiet=2)
    for found_once in (system, filter_program, parents):
        found_once()
