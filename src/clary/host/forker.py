"""Starts agents by forking a process that has loaded everything already.

    server ── socket pair ── forker ─┬─fork─> agent of algo-1
                                     └─fork─> agent of algo-2

An agent spends 45 ms of its start on imports, as much as on all its work for an empty job; a fork costs
one. Each message is a host's folder with two descriptors: the lock its agent holds for life, and its log.
The forker ends with the server; agents do not.
"""

from __future__ import annotations

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

from . import workloads
from .main import main as run_agent
from .sandbox.system import system

LONGEST_PATH = 4096


def main() -> None:
    """Serves the socket whose descriptor is the last argument until its other end is closed."""
    link = socket.socket(fileno=int(sys.argv[-1]))
    _load_everything()
    # What is loaded is never collected, so that a fork shares its memory for good.
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with contextlib.suppress(ConnectionError):  # the server was killed in the middle of an exchange
        _serve(link)


def _serve(link: socket.socket) -> None:
    while True:
        message, descriptors, _, _ = socket.recv_fds(link, LONGEST_PATH, 2)
        if not message:
            return
        lock, log = descriptors
        folder = Path(os.fsdecode(message))
        pid = _fork(folder, lock, log, link)
        (folder / "agent.pid").write_text(str(pid))
        os.close(lock)
        os.close(log)
        link.send(b"forked")


def _fork(folder: Path, lock: int, log: int, link: socket.socket) -> int:
    # Held back until the agent has its handler: a stop can't come too early for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pid = os.fork()
    if pid == 0:
        try:
            link.close()
            _become_agent(folder, lock, log)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    return pid


def _become_agent(folder: Path, lock: int, log: int) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.set_inheritable(lock, False)  # the user's process must not keep it when the agent dies
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    run_agent(folder)


def _load_everything() -> None:
    """What an agent imports on its way, so that no agent has to."""
    import encodings.idna  # noqa: F401 - looked up by the first connection

    for module in iter_modules(workloads.__path__):
        import_module(f"{workloads.__name__}.{module.name}")
    system()
