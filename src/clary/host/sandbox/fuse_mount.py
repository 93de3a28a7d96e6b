"""Mounts a file system that this process serves (FUSE), and removes what a killed agent has left mounted.

    in process 1 of the sandbox    ``mount_fuse``: the mount goes with the sandbox, whoever dies
    root, another sandbox          ``mount_fuse`` on this machine
    an ordinary user               the setuid program fusermount3, on this machine

The file system ends with the last descriptor of its device, so with the agent at the latest. A mount on this
machine then answers "Transport endpoint is not connected" until somebody unmounts it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .inner import MNT_DETACH, MS_NODEV, MS_NOSUID, MS_RDONLY, checked, libc, mount
from .programs import program

if TYPE_CHECKING:
    from pathlib import Path

DEVICE = "/dev/fuse"
KIND = "fuse.clary"
READ_AHEAD_KIB = 1024
_HELPER_S = 20.0


@dataclass(frozen=True, slots=True)
class FuseMount:
    """device: to answer the kernel. owner: user and group that files should have.

    path: to be unmounted; empty when it goes with the sandbox.
    """

    device: int
    owner: tuple[int, int]
    path: str = ""


def mount_here(path: str) -> FuseMount:
    """Mounts on this machine. Raises OSError."""
    if os.geteuid() == 0:
        return FuseMount(mount_fuse(path), (0, 0), path)
    return FuseMount(_mounted_by_helper(path), (os.getuid(), os.getgid()), path)


def mount_fuse(path: str) -> int:
    """Mounts in the mount namespace of this process, as its root; returns the device. Raises OSError."""
    device = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
    try:
        options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions"
        mount("clary", path, KIND, MS_RDONLY | MS_NOSUID | MS_NODEV, options)
    except BaseException:
        os.close(device)
        raise
    _read_far_ahead(path)
    return device


def unmount(path: str) -> None:
    """Takes the mount out of this machine's tree. Raises OSError."""
    if os.geteuid() == 0:
        checked(libc.umount2(os.fsencode(path), MNT_DETACH), f"umount {path}")
    else:
        _run_helper(["-u", "-z", "-q", "--", path])


def unmount_below(folder: Path) -> None:
    """Unmounts what agents have mounted in a folder of theirs. What can't be unmounted stays."""
    inside = f"{folder.absolute()}/"
    for path in _mounted_places():
        if path.startswith(inside):
            with contextlib.suppress(OSError):
                unmount(path)


def _mounted_places() -> list[str]:
    return [_place(line) for line in _mount_table() if f" - {KIND} ".encode() in line]


def _mount_table() -> list[bytes]:
    with open("/proc/self/mountinfo", "rb") as table:
        return table.read().splitlines()


def _place(line: bytes) -> str:
    """Returns the path of a line of the table, where the kernel writes some characters as octal numbers."""
    place = line.split(b" ", 5)[4]
    for code in (b"\\040", b"\\011", b"\\012", b"\\134"):
        place = place.replace(code, bytes([int(code[1:], 8)]))
    return os.fsdecode(place)


def _read_far_ahead(path: str) -> None:
    """Lets the kernel ask for a megabyte at once, where this process may say so: for less it asks 8 times."""
    number = next((line.split(b" ", 3)[2] for line in _mount_table() if _place(line) == path), b"")
    with contextlib.suppress(OSError), open(f"/sys/class/bdi/{number.decode()}/read_ahead_kb", "w") as file:
        file.write(str(READ_AHEAD_KIB))


def _mounted_by_helper(path: str) -> int:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        options = f"ro,nosuid,nodev,fsname=clary,subtype={KIND.partition('.')[2]},default_permissions"
        variables = {"_FUSE_COMMFD": str(theirs.fileno()), "PATH": "/usr/bin:/bin"}
        _run_helper(["-o", options, "--", path], variables, theirs.fileno())
        ours.settimeout(_HELPER_S)
        _, devices, _, _ = socket.recv_fds(ours, 1, 1)
    if not devices:
        raise OSError("fusermount3 gave no device")
    os.set_inheritable(devices[0], False)
    return devices[0]


def _run_helper(arguments: list[str], variables: dict[str, str] | None = None, *descriptors: int) -> None:
    try:
        done = subprocess.run(
            [program("fusermount3"), *arguments],
            env=variables or {"PATH": "/usr/bin:/bin"},
            pass_fds=descriptors,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_HELPER_S,
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(str(error)) from None
    if done.returncode != 0:
        raise OSError(done.stderr.decode("utf-8", "replace").strip() or "fusermount3 failed")
