"""Makes read-only mounts of device nodes: a job can write to the devices, but not change the nodes.

bubblewrap has no option for it. Root in a sandbox owns the nodes of the machine, and could change their modes
for all processes of the machine. A mount of a read-only mount is read-only too.

``shield`` runs in the process that becomes bubblewrap, between its fork and its exec: a program of its own
would be one more start of Python, 12 ms of every job. So all that it needs is loaded before, and it does
nothing but system calls.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CLONE_NEWNS = 0x00020000
PR_SET_PDEATHSIG, SIGKILL = 1, 9
SYS_LANDLOCK_CREATE_RULESET, SYS_LANDLOCK_RESTRICT_SELF = 444, 446
LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET = 1
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_SLAVE = 1, 32, 4096, 1 << 14, 1 << 19
# A remount has to name again what a mount does not allow.
KEPT_FLAGS = 2 | 4 | 8 | 1024 | 2048 | 4096

libc = ctypes.CDLL(None, use_errno=True)


def shield(parent: int, nodes: Sequence[str]) -> None:
    """Moves this process into a mount namespace where ``nodes`` are read-only; it dies with ``parent``.

    On failure it writes the reason to standard error and ends: nothing runs without the shield.
    """
    try:
        checked(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG")
        if os.getppid() != parent:
            os._exit(128 + SIGKILL)
        checked(libc.unshare(CLONE_NEWNS), "unshare")
        mount(None, "/", MS_REC | MS_SLAVE)
        for node in nodes:
            if os.path.exists(node):
                mount(node, node, MS_BIND | MS_REC)
                mount(None, node, MS_REMOUNT | MS_BIND | MS_RDONLY | os.statvfs(node).f_flag & KEPT_FLAGS)
        keep_to_own_sockets()
    except OSError as error:
        os.write(2, f"{error.strerror}\n".encode())
        os._exit(1)


def keep_to_own_sockets() -> None:
    """Blocks connections to abstract sockets outside: all processes of a machine share their names.

    Needs Landlock of Linux 6.12. Without it such sockets stay reachable.
    """
    scopes = (ctypes.c_uint64 * 3)(0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET)
    rules = libc.syscall(SYS_LANDLOCK_CREATE_RULESET, scopes, ctypes.c_size_t(ctypes.sizeof(scopes)), 0)
    if rules >= 0:
        checked(libc.syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0), "landlock_restrict_self")
        os.close(rules)


def mount(source: str | None, target: str, flags: int) -> None:
    encoded = [os.fsencode(text) if text is not None else None for text in (source, target)]
    checked(libc.mount(encoded[0], encoded[1], None, ctypes.c_ulong(flags), None), f"mount {target}")


def checked(answer: int, what: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
