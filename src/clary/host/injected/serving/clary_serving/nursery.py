"""The process whose forks are workers. It has imported the framework, so workers share that memory.

No model is loaded before the fork: a framework that has computed something may hold threads, which a fork
does not have.
"""

from __future__ import annotations

import array
import gc
import importlib
import os
import signal
import socket

from . import worker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from .settings import ServingSettings

_INT_BYTES = array.array("i").itemsize


def run_nursery(link: socket.socket, settings: ServingSettings) -> None:
    """Forks a worker for each descriptor that arrives, until the other end is closed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _import_all(importlib.import_module(".frameworks." + settings.framework, __package__).PRELOAD)
    gc.collect()
    gc.freeze()
    while True:
        message, ancillary, _, _ = link.recvmsg(64, socket.CMSG_LEN(_INT_BYTES))
        if not message:
            return
        descriptors = array.array("i")
        for _level, _kind, data in ancillary:
            descriptors.frombytes(data[: len(data) - len(data) % _INT_BYTES])
        for descriptor in descriptors:
            if os.fork() == 0:
                link.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                worker.main(socket.socket(fileno=descriptor), settings)
            os.close(descriptor)


def _import_all(names: Sequence[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:
            continue  # the worker needs it, and says why it can't be imported
