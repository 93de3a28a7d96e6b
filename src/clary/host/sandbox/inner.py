"""Makes a sandbox with the kernel's namespaces, and is its process 1.

    parent, waits ── process 1 ── the command ── ...

The namespaces are those of mounts, processes, UTS and IPC, and that of users for an ordinary user. The exit
status is that of the command, or 128 + the signal that ended it. An agent runs this code in a process that it
has forked (``standby.py``). All others start a program, which costs 12 ms of imports:

    python -I -S inner.py <descriptor of what it is told> <command> [<argument> ...]

After ``enter_root`` the files of the interpreter do not exist any more: no module can be imported,
and no codec.
"""

from __future__ import annotations

import ctypes
import errno
import marshal
import os
import select
import sys

# typing costs a millisecond of every start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 1 << 14, 1 << 18
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
MNT_DETACH = 2
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 24, 38
# Their module costs two milliseconds.
SIGKILL, SIGPIPE, SIGXFSZ = 9, 13, 25
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
        told = marshal.loads(file.read())
    die_with_parent()
    if os.getppid() != told["parent"]:
        return 128 + SIGKILL  # it ended before the kernel knew
    told["command"] = arguments[1:]
    return run_privately(lambda: told)


def run_privately(
    receive_orders: Callable[[], dict[str, Any]], start: Callable[[dict[str, Any]], int] | None = None
) -> int:
    """Runs a command in its own namespaces and returns its exit status.

    receive_orders: called in process 1. Returns what ``inner_words`` wrote, with the command.
    start: see ``run_process_1``.
    """
    make_namespaces(CLONE_NEWPID)
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        return wait_for(child)
    os.close(writing)
    die_with_parent()
    # The other end is open for as long as the parent lives; in here its id is 0 in any case.
    if select.select([reading], [], [], 0)[0]:
        os._exit(128 + SIGKILL)
    os.close(reading)
    run_process_1(receive_orders, start)


def run_process_1(
    receive_orders: Callable[[], dict[str, Any]], start: Callable[[dict[str, Any]], int] | None = None
) -> NoReturn:
    """Makes the sandbox around this process, starts the command, and exits with its status.

    Call it in process 1 of the new namespaces. start: used instead of ``start_program``.
    """
    code = 1
    try:
        told = receive_orders()
        os.umask(0o022)
        host_name = told["host_name"].encode()
        libc.sethostname(host_name, len(host_name))
        make_root(told)
        enter_root(told["root"])
        drop_rights(told["capabilities"], told["filter"])
        code = run(told, start or start_program)
    except BaseException as error:
        # Without a traceback: it would import modules.
        os.write(2, f"The sandbox can't be made: {error}\n".encode())
    finally:
        os._exit(code)


def die_with_parent() -> None:
    """Asks the kernel to kill this process when its parent ends. It may have ended already."""
    checked(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG")


def make_namespaces(more: int = 0) -> None:
    """Moves this process into new namespaces. more: with CLONE_NEWPID its next child is process 1."""
    user, group = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | more
    checked(libc.unshare(flags | (CLONE_NEWUSER if user else 0)), "unshare")
    if user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    mount("none", "/", None, MS_REC | MS_PRIVATE)


def make_root(view: dict[str, Any]) -> None:
    root = view["root"]
    mount(root, root, None, MS_BIND | MS_REC)
    for path in view["in_memory"]:
        # Each mount needs a mount point: 50 files cost several ms on a disk, and as much to remove.
        os.makedirs(root + path, exist_ok=True)
        mount("tmpfs", root + path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=4m,nr_inodes=4096")
    for path, target in view["links"]:
        if not os.path.lexists(root + path):
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            os.symlink(target, root + path)
    os.makedirs(root + "/proc", exist_ok=True)
    mount("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    make_dev(root + "/dev", view)
    for source, target, writable in view["mounts"]:
        attributes = 0 if writable else MOUNT_ATTR_RDONLY
        bind(source, root + target, attributes | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
    for path in view["hidden"]:
        hide(root + path)


def make_dev(dev: str, view: dict[str, Any]) -> None:
    os.makedirs(dev, exist_ok=True)
    mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=0755")
    # Read-only: root inside owns the machine's nodes, and could close them for everybody by their mode.
    for name in view["nodes"]:
        bind("/dev/" + name, f"{dev}/{name}", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID)
    for device in view["devices"]:
        bind(device, dev + device[len("/dev") :], MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID)
    for name, target in (
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ):  # fmt: skip
        os.symlink(target, f"{dev}/{name}")
    os.mkdir(dev + "/shm")
    size = f",size={view['shm_bytes']}" if view["shm_bytes"] else ""
    mount("tmpfs", dev + "/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,nr_inodes=256k" + size)
    os.mkdir(dev + "/pts")
    mount("devpts", dev + "/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    # The rest is memory that nobody counts.
    mount("none", dev, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID)


def bind(source: str, target: str, attributes: int) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.lexists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644))
    mount(source, target, None, MS_BIND | MS_REC)
    add_attributes(target, attributes)


def add_attributes(target: str, attributes: int) -> None:
    """Adds attributes (MOUNT_ATTR_*) to the mount at ``target`` and to all mounts below it."""
    added = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    path = ctypes.c_char_p(os.fsencode(target))
    if libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path, AT_RECURSIVE, added, 32) == 0:
        return
    if ctypes.get_errno() not in (errno.ENOSYS, errno.EPERM):
        checked(-1, f"mount_setattr {target}")
    # Before Linux 5.12, or where a container forbids the call: one mount at a time.
    for place in mounts_under(os.path.realpath(target)):
        remount(place, attributes)


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


def remount(place: str, attributes: int) -> None:
    try:
        kept = os.statvfs(place).f_flag & KEPT_FLAGS
    except OSError:
        return  # a mount that nobody can look at needs no protection
    # The three attributes have the numbers of the flags of their names.
    mount("none", place, None, MS_REMOUNT | MS_BIND | attributes | kept)


def hide(path: str) -> None:
    if os.path.isdir(path):
        mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=0755")
    elif os.path.exists(path):
        mount("/dev/null", path, None, MS_BIND)
        add_attributes(path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID)


def enter_root(root: str) -> None:
    """Makes ``root`` the root folder and unmounts the old one."""
    os.chdir(root)
    checked(libc.pivot_root(b".", b"."), "pivot_root")
    checked(libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


def drop_rights(kept: list[int], lines: bytes) -> None:
    """Takes from this process and its children the right to mount and to gain rights, also as root."""
    # The user's process has the same rights, and could read the memory of process 1 otherwise.
    checked(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "PR_SET_DUMPABLE")
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
    """Blocks connections to abstract sockets outside: all processes of a machine share their names.

    Needs Landlock of Linux 6.12. Without it such sockets stay reachable.
    """
    scopes = (ctypes.c_uint64 * 3)(0, 0, LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET)
    rules = libc.syscall(SYS_LANDLOCK_CREATE_RULESET, scopes, ctypes.c_size_t(ctypes.sizeof(scopes)), 0)
    if rules >= 0:
        checked(libc.syscall(SYS_LANDLOCK_RESTRICT_SELF, rules, 0), "landlock_restrict_self")
        os.close(rules)


def run(told: dict[str, Any], start: Callable[[dict[str, Any]], int]) -> int:
    try:
        child = start(told)
    except OSError as error:
        os.write(2, f"{told['command'][0]}: {error.strerror}\n".encode())
        return 127
    return wait_for(child)


def start_program(told: dict[str, Any]) -> int:
    """Starts the command and returns its process id. Searches the PATH of its variables. Raises OSError."""
    command, variables = told["command"], told["variables"]
    folders = variables.get("PATH", os.defpath).split(":") if "/" not in command[0] else [""]
    trouble: OSError = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    for folder in folders:
        try:
            # A fork would copy the tables of this process's memory. Python ignores some signals.
            return os.posix_spawn(
                os.path.join(folder, command[0]),
                command,
                variables,
                setsigmask=(),
                setsigdef=(SIGPIPE, SIGXFSZ),
            )
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            trouble = error
    raise trouble


def wait_for(child: int) -> int:
    """Returns the exit status of a child, and reaps all other children that end before it."""
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
