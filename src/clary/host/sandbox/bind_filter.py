"""The sandbox's part of keeping servers on the address of their host: each ``bind`` is announced first.

    process of the user ── bind(0.0.0.0:8080) ──> kernel ── what is asked ──> agent (host/own_binds.py)
                                                    <── done on the host's own address, or: go on ──

It is a second seccomp program, which asks for ``bind`` and allows all else; the first one stays in force.
What hears of it is a descriptor that process 1 gives to its agent. Servers in every language are kept so,
those that are linked statically too.
"""

from __future__ import annotations

import ctypes
import os
import socket
from typing import TYPE_CHECKING

from .inner import Filter, libc

if TYPE_CHECKING:
    from .filter import Notifying

SET_MODE_FILTER, NEW_LISTENER = 1, 8


def announce_binds(link: int, notifying: Notifying) -> None:
    """Announces every ``bind`` of this process and its children; sends the listener over a socket.

    Closes the socket in any case: without a listener the agent reads its end. For process 1, after it has
    dropped its rights. Imports nothing.
    """
    with socket.socket(fileno=link) as sending:
        program = Filter(len(notifying.lines) // 8, notifying.lines)
        listener = libc.syscall(
            notifying.seccomp, SET_MODE_FILTER, ctypes.c_ulong(NEW_LISTENER), ctypes.byref(program)
        )
        if listener >= 0:
            try:
                socket.send_fds(sending, [b"listener"], [listener])
            finally:
                os.close(listener)
