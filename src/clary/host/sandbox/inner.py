"""Process 1 of a private host made by unshare(1): mounts the view, drops rights, runs the command, reaps.

    unshare ... python -I -S inner.py <view as JSON> <command> [<argument> ...]

Runs as root of fresh mount, pid, UTS and IPC namespaces (and of a user namespace, for an ordinary user).
Its exit status is the command's, or 128 + the signal that ended it. Once inside, the interpreter's own files
are gone: nothing may be imported any more, codecs among them.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC = 32, 4096, 16384
MNT_DETACH = 2
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
# CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, NET_BIND_SERVICE: as bubblewrap.py keeps them.
KEPT_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 10}
# A bind mount keeps these of its source, and a user namespace may not clear them.
KEPT_FLAGS = 2 | 4 | 8 | 1024 | 2048 | 4096
NODES = ("null", "zero", "full", "random", "urandom", "tty")

libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> int:
    view = json.loads(arguments[0])
    os.umask(0o022)
    libc.sethostname(view["host_name"].encode(), len(view["host_name"].encode()))
    make_root(view)
    enter(view["root"])
    drop_rights()
    return run(arguments[1:])


def make_root(view: dict[str, Any]) -> None:
    root = view["root"]
    mount(root, root, None, MS_BIND | MS_REC)
    for path, target in view["links"]:
        if not os.path.lexists(root + path):
            os.symlink(target, root + path)
    os.makedirs(root + "/proc", exist_ok=True)
    mount("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    make_dev(root + "/dev", view["devices"])
    for each in view["mounts"]:
        bind(each["source"], root + each["target"], writable=each["writable"])
    for path in view["hidden"]:
        hide(root + path)


def make_dev(dev: str, devices: list[str]) -> None:
    os.makedirs(dev, exist_ok=True)
    mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=0755")
    for name in NODES:
        bind("/dev/" + name, f"{dev}/{name}", writable=True)
    for device in devices:
        bind(device, dev + device[len("/dev") :], writable=True)
    for name, target in (
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ):  # fmt: skip
        os.symlink(target, f"{dev}/{name}")
    os.mkdir(dev + "/shm")
    mount("tmpfs", dev + "/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    os.mkdir(dev + "/pts")
    mount("devpts", dev + "/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")


def bind(source: str, target: str, *, writable: bool) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o644))
    mount(source, target, None, MS_BIND | MS_REC)
    if not writable:
        for place in mounts_under(os.path.realpath(target)):
            remount_read_only(place)


def mounts_under(target: str) -> list[str]:
    """The mount at ``target`` and those below it: read-only does not pass down by itself."""
    places = []
    with open("/proc/self/mountinfo", "rb") as table:
        for line in table:
            place = os.fsdecode(line.split(b" ", 5)[4])
            for code in ("\\040", "\\011", "\\012", "\\134"):
                place = place.replace(code, chr(int(code[1:], 8)))
            if place == target or place.startswith(target + "/"):
                places.append(place)
    return places


def remount_read_only(place: str) -> None:
    try:
        kept = os.statvfs(place).f_flag & KEPT_FLAGS
    except OSError:
        return  # a mount that nobody can look at needs no protection
    mount("none", place, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def hide(path: str) -> None:
    if os.path.isdir(path):
        mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=0755")
    elif os.path.exists(path):
        mount("/dev/null", path, None, MS_BIND)


def enter(root: str) -> None:
    """``root`` becomes ``/`` and what was ``/`` is gone."""
    os.chdir(root)
    checked(libc.pivot_root(b".", b"."), "pivot_root")
    checked(libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


def drop_rights() -> None:
    """Whatever is executed from here on can neither mount nor gain rights, also as root."""
    with open("/proc/sys/kernel/cap_last_cap", "rb") as file:
        last = int(file.read())
    for capability in range(last + 1):
        if capability not in KEPT_CAPABILITIES:
            checked(libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "PR_CAPBSET_DROP")
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")


def run(command: list[str]) -> int:
    child = os.fork()
    if child == 0:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
            os._exit(127)
    while True:
        ended, status = os.wait()
        if ended == child:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    encoded = [os.fsencode(text) if text is not None else None for text in (source, target, kind, data)]
    answer = libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])
    checked(answer, f"mount {source} on {target}")


def checked(answer: int, what: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))
