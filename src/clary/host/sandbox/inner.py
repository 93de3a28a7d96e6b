"""Makes a private host with the kernel's namespaces, and is its process 1: mounts, drops rights, runs, reaps.

    python -I -S inner.py <descriptor of the view> <command> [<argument> ...]

         inner.py, outside ── inner.py, process 1 ── the command ── ...

The namespaces are for mounts, processes, UTS and IPC, and one for users where an ordinary user makes them.
Its exit status is the command's, or 128 + the signal that ended it. Once inside, the interpreter's own files
are gone: nothing may be imported any more, codecs among them.
"""

from __future__ import annotations

import ctypes
import errno
import marshal
import os
import select
import sys
import warnings  # noqa: F401 - os.execvpe imports it, when it is too late

# typing costs a millisecond of every start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 1 << 14, 1 << 18
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
MNT_DETACH = 2
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38
SIGKILL = 9
SECCOMP_MODE_FILTER = 2
SYS_LANDLOCK_CREATE_RULESET, SYS_LANDLOCK_RESTRICT_SELF = 444, 446
LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET = 1
CAPABILITY_VERSION_3 = 0x20080522
# A bind mount keeps these of its source, and a user namespace may not clear them.
KEPT_FLAGS = 2 | 4 | 8 | 1024 | 2048 | 4096

libc = ctypes.CDLL(None, use_errno=True)


class Filter(ctypes.Structure):
    """The kernel's ``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("lines", ctypes.c_char_p))


def main(arguments: list[str]) -> int:
    with open(int(arguments[0]), "rb") as file:
        view = marshal.loads(file.read())
    die_with_parent()
    if os.getppid() != view["parent"]:
        return 128 + SIGKILL  # it ended before the kernel knew
    divide()
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        return wait_for(child)
    die_with_parent()
    os.close(writing)
    # The other end is open for as long as the parent lives; in here its id is 0 in any case.
    if select.select([reading], [], [], 0)[0]:
        return 128 + SIGKILL
    os.close(reading)
    os.umask(0o022)
    host_name = view["host_name"].encode()
    libc.sethostname(host_name, len(host_name))
    make_root(view)
    enter(view["root"])
    drop_rights(view["capabilities"], view["filter"])
    return run(arguments[1:], view["variables"])


def die_with_parent() -> None:
    """Asks the kernel to kill this process when its parent ends; one that has ended goes unnoticed."""
    checked(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG")


def divide() -> None:
    """What is started from here on has namespaces of its own; process ids begin with the next process."""
    user, group = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID
    checked(libc.unshare(flags | (CLONE_NEWUSER if user else 0)), "unshare")
    if user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    mount("none", "/", None, MS_REC | MS_PRIVATE)


def make_root(view: dict[str, Any]) -> None:
    root = view["root"]
    mount(root, root, None, MS_BIND | MS_REC)
    for path, target in view["links"]:
        if not os.path.lexists(root + path):
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            os.symlink(target, root + path)
    os.makedirs(root + "/proc", exist_ok=True)
    mount("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    make_dev(root + "/dev", view)
    for each in view["mounts"]:
        bind(each["source"], root + each["target"], writable=each["writable"])
    for path in view["hidden"]:
        hide(root + path)


def make_dev(dev: str, view: dict[str, Any]) -> None:
    os.makedirs(dev, exist_ok=True)
    mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=0755")
    # Read-only: root inside owns the machine's nodes, and could close them for everybody by their mode.
    for name in view["nodes"]:
        bind("/dev/" + name, f"{dev}/{name}", writable=False)
    for device in view["devices"]:
        bind(device, dev + device[len("/dev") :], writable=False)
    for name, target in (
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ):  # fmt: skip
        os.symlink(target, f"{dev}/{name}")
    os.mkdir(dev + "/shm")
    size = f",size={view['shm_bytes']}" if view["shm_bytes"] else ""
    mount("tmpfs", dev + "/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777" + size)
    os.mkdir(dev + "/pts")
    mount("devpts", dev + "/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    # The rest is memory that nobody counts.
    mount("none", dev, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID)


def bind(source: str, target: str, *, writable: bool) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644))
    mount(source, target, None, MS_BIND | MS_REC)
    if not writable:
        make_read_only(target)


def make_read_only(target: str) -> None:
    """The mount at ``target`` and all below it."""
    attributes = (ctypes.c_uint64 * 4)(MS_RDONLY, 0, 0, 0)
    path = ctypes.c_char_p(os.fsencode(target))
    if libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path, AT_RECURSIVE, attributes, 32) == 0:
        return
    if ctypes.get_errno() not in (errno.ENOSYS, errno.EPERM):
        checked(-1, f"mount_setattr {target}")
    # Before Linux 5.12, or where a container forbids the call: one mount at a time.
    for place in mounts_under(os.path.realpath(target)):
        remount_read_only(place)


def mounts_under(target: str) -> list[str]:
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
        make_read_only(path)


def enter(root: str) -> None:
    """``root`` becomes ``/`` and what was ``/`` is gone."""
    os.chdir(root)
    checked(libc.pivot_root(b".", b"."), "pivot_root")
    checked(libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


def drop_rights(kept: list[int], lines: bytes) -> None:
    """Nothing that runs from here on can mount, or gain rights, also as root; process 1 itself included."""
    with open("/proc/sys/kernel/cap_last_cap", "rb") as file:
        last = int(file.read())
    for capability in range(last + 1):
        if capability not in kept:
            checked(libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "PR_CAPBSET_DROP")
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
    keep_to_own_sockets()
    mask = sum(1 << capability for capability in kept)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable, for capabilities 0 to 31 and from 32 on.
    checked(libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, 0, 0, 0, 0)), "capset")
    if lines:
        program = Filter(len(lines) // 8, lines)
        checked(
            libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0), "PR_SET_SECCOMP"
        )


def keep_to_own_sockets() -> None:
    """No abstract socket that was made outside can be reached: their names are the whole machine's.

    Landlock knows it from Linux 6.12 on; before, and where it is switched off, such sockets stay open.
    """
    scopes = (ctypes.c_uint64 * 3)(0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET)
    rules = libc.syscall(SYS_LANDLOCK_CREATE_RULESET, scopes, ctypes.c_size_t(ctypes.sizeof(scopes)), 0)
    if rules >= 0:
        checked(libc.syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0), "landlock_restrict_self")
        os.close(rules)


def run(command: list[str], variables: dict[str, str]) -> int:
    child = os.fork()
    if child == 0:
        try:
            os.execvpe(command[0], command, variables)
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
            os._exit(127)
    return wait_for(child)


def wait_for(child: int) -> int:
    """Its exit status; reaps whatever else ends until then."""
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
