"""What is seen inside a private host: an allow-list, so that what is not named here does not exist there.

The system's own folders read-only, the environment at its own path, and the host's folders. Clary's state and
the user's home, with its keys, are not named.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/sys")
# Through these root could command the whole machine: /proc/sys/kernel/core_pattern names a program to run.
_COMMANDING = ("/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs")
_OURS_IN_OPT = ("ml", "clary")
# What only the machine's own administrator should use.
_SECRET = (
    "/proc/kcore", "/proc/keys", "/proc/sysrq-trigger",
    "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d",
    "/etc/ssh", "/etc/ssl/private", "/etc/krb5.keytab", "/etc/wireguard",
)  # fmt: skip


class SandboxKind(Enum):
    BUBBLEWRAP = "bubblewrap"
    UNSHARE = "unshare"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mount:
    """``source`` outside appears as ``target`` inside."""

    source: str
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """Everything inside. Later mounts lie over earlier ones.

    root: a folder outside that becomes ``/``, private to this host. links: (path, target) symbolic links.
    hidden: paths that become empty. devices: nodes of /dev beyond the harmless ones.
    """

    host_name: str
    root: str
    mounts: tuple[Mount, ...]
    links: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


def view_of(host_name: str, root: str, own: Iterable[Mount], *, gpus: bool = False) -> View:
    """The system as found on this machine, with ``own`` mounts on top."""
    links = [(path, os.readlink(path)) for path in _SYSTEM if os.path.islink(path)]
    folders = [path for path in _SYSTEM if os.path.isdir(path) and not os.path.islink(path)]
    mounts = [Mount(path, path) for path in [*folders, *_opt(), *_resolver(), *_commanding()]]
    return View(
        host_name=host_name,
        root=root,
        mounts=(*mounts, *own),
        links=tuple(links),
        hidden=tuple(path for path in _SECRET if os.path.lexists(path) and not os.path.islink(path)),
        devices=tuple(_gpu_devices()) if gpus else (),
    )


def _opt() -> list[str]:
    try:
        names = sorted(os.listdir("/opt"))
    except OSError:
        return []
    return [f"/opt/{name}" for name in names if name not in _OURS_IN_OPT and os.path.isdir(f"/opt/{name}")]


def _resolver() -> list[str]:
    """Where name resolution is configured, when /etc/resolv.conf only points there."""
    real = os.path.realpath("/etc/resolv.conf")
    return [real] if real.startswith("/run/") and os.path.isfile(real) else []


def _commanding() -> list[str]:
    return [path for path in _COMMANDING if os.path.isdir(path)]


def _gpu_devices() -> Iterator[str]:
    for name in sorted(os.listdir("/dev")):
        if name.startswith("nvidia") or name in ("dri", "kfd"):
            yield f"/dev/{name}"
