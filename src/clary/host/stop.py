"""SIGTERM to the agent is a request to stop the job.

While there is no user process to pass it on to, it interrupts the agent: the handler raises StopRequested in
the main thread, which also ends a wait or a transfer. At other times the handler only sets a flag.

An agent whose folder was removed stops too, because the state of its server is gone.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import StopRequested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType


HOME_LOOK_EVERY_S = 2.0
HOME_PATIENCE_S = 10.0
"""The time in which the agent has to end by itself. It may wait for a server that never comes back."""


class StopSwitch:
    """Handles SIGTERM. Create one, in the main thread.

    ``wakeup_fd`` becomes readable on SIGTERM and SIGCHLD.
    """

    def __init__(self) -> None:
        self.requested = False
        self._interrupting = False
        self.wakeup_fd, write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_sigterm)
        signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
        # Who starts an agent may block SIGTERM until this handler is installed.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    @contextmanager
    def interrupts(self) -> Iterator[None]:
        """A context in which a stop raises StopRequested at once, also a stop that was requested before."""
        self._interrupting = True
        try:
            if self.requested:
                raise StopRequested
            yield
        finally:
            self._interrupting = False

    def request(self) -> None:
        """Has the effect of SIGTERM. May be called from any thread."""
        os.kill(os.getpid(), signal.SIGTERM)

    def _on_sigterm(self, _signal: int, _frame: FrameType | None) -> None:
        self.requested = True
        if self._interrupting:
            self._interrupting = False  # once: nothing must interrupt the clean-up that follows
            raise StopRequested


def watch_home(folder: Path, on_gone: Callable[[], None], every_s: float = HOME_LOOK_EVERY_S) -> None:
    """Calls ``on_gone`` when ``folder`` was removed, and ends this process later if it still runs."""
    threading.Thread(target=_watch_home, args=(folder, on_gone, every_s), name="home", daemon=True).start()


def _watch_home(folder: Path, on_gone: Callable[[], None], every_s: float) -> None:
    while os.path.isdir(folder):
        time.sleep(every_s)
    on_gone()
    time.sleep(HOME_PATIENCE_S)
    os._exit(1)
