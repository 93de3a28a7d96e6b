"""``python -m clary.debugger.reading FD``: answers questions over the socket FD until the server hangs up."""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import sys
import warnings

from .channel import Channel
from .desk import Desk

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
MEMORY_BYTES = 2 << 30
"""Of its own. Mapped objects do not count: they are read from the disk when they are looked at."""

MAPPED_BYTES = 64 << 30
OPEN_FILES = 96
IDLE_S = 180.0
ANSWER_CPU_S = 30
"""The server kills sooner. This ends a process whose server is gone."""


def main() -> None:
    warnings.simplefilter("ignore")
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    _confine()
    channel.send({"Ready": True})
    try:
        Desk(channel).serve(_allow_cpu, idle_s=IDLE_S)
    except (EOFError, TimeoutError):
        return


def _confine() -> None:
    os.nice(5)
    # Refused by some kernels and containers. The limits hold everywhere.
    ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET)
    for which, most in (
        (resource.RLIMIT_DATA, MEMORY_BYTES),
        (resource.RLIMIT_AS, MAPPED_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))


def _allow_cpu() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + ANSWER_CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
