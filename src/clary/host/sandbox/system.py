"""The part of the view that all hosts share: an allow-list of the machine's software, read-only.

A job may be user 0 of this machine. So files that only root may read are left out, also below the folders in
the list. The list is evaluated once in a process.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOFTWARE = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# What the C library, shells, fonts, certificates and the run-times of languages read.
_ETC = (
    "adjtime", "alternatives", "bash.bashrc", "ca-certificates", "ca-certificates.conf", "crypto-policies",
    "debian_version", "default/locale", "fonts", "gai.conf", "glvnd", "group", "host.conf", "hostname",
    "hosts", "ImageMagick-*", "inputrc", "java*", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
    "libnl*", "locale.alias", "locale.conf", "localtime", "login.defs", "lsb-release", "magic", "magic.mime",
    "mime.types", "mpi*", "mtab", "networks", "nsswitch.conf", "openmpi*", "OpenCL", "os-release", "passwd",
    "perl", "pip.conf", "pki/ca-trust/extracted", "pki/tls/certs", "pki/tls/openssl.cnf", "profile",
    "profile.d", "protocols", "python*", "R", "redhat-release", "resolv.conf", "rpc", "services", "shells",
    "skel", "ssl/certs", "ssl/openssl.cnf", "system-release", "terminfo", "timezone", "vulkan", "xattr.conf",
)  # fmt: skip
# Drivers and run-times of accelerators and networks. An environment that lies in /opt comes with the job.
_OPT = ("amazon", "cuda*", "hpcx", "intel", "mellanox", "nvidia", "rocm*")
# How many processors and devices there are, and what they can do.
_SYS = (
    "/sys/block", "/sys/bus", "/sys/class", "/sys/dev", "/sys/devices", "/sys/kernel/mm",
    "/sys/module/amdgpu", "/sys/module/nvidia",
)  # fmt: skip
# Through these root could command the whole machine: /proc/sys/kernel/core_pattern names a program to run.
_COMMANDING = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys")
# What only the machine's own administrator should read.
_SECRET = (
    "/proc/acpi", "/proc/dynamic_debug", "/proc/kcore", "/proc/key-users", "/proc/keys", "/proc/kmsg",
    "/proc/kpagecgroup", "/proc/kpagecount", "/proc/kpageflags", "/proc/latency_stats", "/proc/mtrr",
    "/proc/sched_debug", "/proc/scsi", "/proc/slabinfo", "/proc/sysrq-trigger", "/proc/timer_list",
    "/proc/vmallocinfo", "/sys/devices/virtual/dmi", "/sys/devices/virtual/powercap", "/usr/local/etc",
)  # fmt: skip

_PASSWORD = re.compile(r"://[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Mount:
    """``source`` outside appears as ``target`` inside."""

    source: str
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """The part of a ``View`` that comes from the machine."""

    mounts: tuple[Mount, ...]
    links: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]


@cache
def system() -> System:
    """Returns the system of this machine as it was at the first call."""
    named = [*_SOFTWARE, *_matching("/etc", _ETC), *_matching("/opt", _OPT), *_SYS, *_COMMANDING]
    there = [path for path in named if os.path.lexists(path)]
    links = tuple((path, os.readlink(path)) for path in there if os.path.islink(path))
    places = [path for path in there if not os.path.islink(path)]
    shown = (path for path in [*places, *_resolver()] if _for_everybody(path) and not _names_password(path))
    mounts = [Mount(path, path) for path in shown]
    configuration = [mount.target for mount in mounts if mount.target.startswith(("/etc/", "/opt/"))]
    secret = [path for path in _SECRET if os.path.lexists(path) and not os.path.islink(path)]
    return System(
        mounts=tuple(mounts),
        links=links,
        hidden=(*secret, *(path for top in configuration for path in _for_root_alone(top))),
    )


def _matching(folder: str, patterns: tuple[str, ...]) -> Iterator[str]:
    """Yields the paths that exist. Only the last part of a pattern may have wildcards."""
    for pattern in patterns:
        parent, _, name = f"{folder}/{pattern}".rpartition("/")
        try:
            names = os.listdir(parent)
        except OSError:
            continue
        for found in sorted(fnmatch.filter(names, name)):
            yield f"{parent}/{found}"


def _resolver() -> list[str]:
    """Returns the target of /etc/resolv.conf when it is a link to a file below /run."""
    real = os.path.realpath("/etc/resolv.conf")
    return [real] if real.startswith("/run/") and os.path.isfile(real) else []


def _for_everybody(path: str) -> bool:
    mode = os.lstat(path).st_mode
    return bool(mode & stat.S_IROTH) and (not stat.S_ISDIR(mode) or bool(mode & stat.S_IXOTH))


def _names_password(path: str) -> bool:
    """Whether a file is a pip configuration that has a password in the address of an index."""
    if os.path.basename(path) != "pip.conf":
        return False
    with open(path, encoding="utf-8", errors="replace") as file:
        return _PASSWORD.search(file.read()) is not None


def _for_root_alone(top: str) -> Iterator[str]:
    """Yields the outermost files and folders below ``top`` that not everybody may read."""
    if not os.path.isdir(top):
        return
    for folder, folders, files in os.walk(top, onerror=lambda _error: None):
        for name in [*folders, *files]:
            path = f"{folder}/{name}"
            if not os.path.islink(path) and not _for_everybody(path):
                yield path
        folders[:] = [name for name in folders if _for_everybody(f"{folder}/{name}")]
