"""What a job uses of memory and disk, measured from outside at little cost."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

from ..processes import below, everything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DISK_SHARE = 20
"""The pause after a count, as a multiple of its duration: it takes a twentieth of a CPU at most."""
DISK_EVERY_S = 2.0
DEEPEST = 100
"""How many levels of folders are open at a time."""
UNCOUNTABLE = 1 << 62
ENTRY_BYTES = 4096
"""The least that a file counts."""
_BLOCK_BYTES = 512
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def memory_bytes(pids: Iterable[int], limit: int, shared_files: int = 0) -> int:
    """Returns the memory of processes: their own pages, and shared pages once.

    Resident sizes are quick to read, and their sum is never too small. The pages themselves are counted only
    when it exceeds ``limit``. Pages of files do not count: the kernel takes them back when it needs them.
    shared_files: bytes in /dev/shm, which may be in no process's memory or in that of several, as those of
    files in memory that have no name.
    """
    pids = list(pids)
    shared_files += _nameless_bytes(pids)
    resident = sum(_resident(pid) for pid in pids) + shared_files
    if resident <= limit:
        return resident
    pages = [_pages(pid) for pid in pids]
    return sum(own for own, _ in pages) + max(shared_files, sum(shared for _, shared in pages))


def memory_below(pid: int) -> int:
    """Returns the resident memory of a process and all below it; 0 when it can't be seen."""
    there = everything()
    return memory_bytes({pid} | below(pid, there), 0, tmpfs_bytes(pid)) if pid in there else 0


def tmpfs_bytes(pid: int) -> int:
    """Returns the bytes in a process's /dev/shm, which belong to no process's own memory."""
    try:
        found = os.statvfs(f"/proc/{pid}/root/dev/shm")
    except OSError:
        return 0
    return (found.f_blocks - found.f_bfree) * found.f_frsize


class DiskUsage:
    """The disk usage of folders: counted from time to time, and at once when the disk fills fast."""

    def __init__(
        self, folders: Iterable[str], limit: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folders = list(folders)
        self._limit = limit
        self._clock = clock
        self._next_at = 0.0
        self._used = 0
        self._free = 0

    def add(self, folder: str) -> None:
        """Counts a folder too, which lies in none of the others."""
        self._folders.append(folder)

    @property
    def used(self) -> int:
        """The bytes of the last count, without another one."""
        return self._used

    def look(self) -> int:
        """Returns the bytes of the last count."""
        free = self._free_bytes()
        gone = self._free - free
        if self._clock() >= self._next_at or gone > self._limit - self._used:
            began = self._clock()
            self._used, self._free = sum(folder_bytes(folder) for folder in self._folders), free
            took_s = self._clock() - began
            self._next_at = self._clock() + max(DISK_EVERY_S, DISK_SHARE * took_s)
        return self._used

    def _free_bytes(self) -> int:
        try:
            found = os.statvfs(self._folders[0])
        except OSError:
            return 0
        return found.f_bavail * found.f_frsize


def folder_bytes(folder: str) -> int:
    """Returns what a folder takes on disk. A file with several names counts once; no link is followed.

    What is mounted in it, as a FastFile channel without a sandbox is, takes nothing.
    ``UNCOUNTABLE`` for a tree that was made to be: with hundreds of branches of hundreds of levels.
    """
    total = 0
    seen: set[tuple[int, int]] = set()
    top = _opened(folder, None)
    disk = os.fstat(top).st_dev if top >= 0 else 0
    deeper = [top]
    while deeper:
        # Each level is opened from the one above: a path of 3,000 folders is longer than the kernel takes.
        # A process has a thousand descriptors, so what lies deep waits until those above it are closed.
        left = [_listed(deeper.pop())]
        while left:
            descriptor, names = left[-1]
            if not names:
                left.pop()
                _close(descriptor)
                continue
            name = names.pop()
            try:
                found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(found.st_mode):
                if found.st_dev != disk:
                    continue
                below = _opened(name, descriptor)
                if len(left) < DEEPEST:
                    left.append(_listed(below))
                else:
                    deeper.append(below)
            elif found.st_nlink > 1:
                if (found.st_dev, found.st_ino) in seen:
                    continue
                seen.add((found.st_dev, found.st_ino))
            # An empty file takes an inode, and a file system has only so many.
            total += max(found.st_blocks * _BLOCK_BYTES, ENTRY_BYTES)
            if len(deeper) > DEEPEST:
                for each in (*deeper, *(descriptor for descriptor, _ in left)):
                    _close(each)
                return UNCOUNTABLE
    return total


def _opened(name: str, above: int | None) -> int:
    """A descriptor; -1 for what can't be opened."""
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    except OSError:
        return -1


def _listed(descriptor: int) -> tuple[int, list[str]]:
    try:
        return descriptor, os.listdir(descriptor) if descriptor >= 0 else []
    except OSError:
        return descriptor, []


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


def _nameless_bytes(pids: Iterable[int]) -> int:
    """Returns the bytes in open files that were made by memfd_create, each counted once."""
    sizes: dict[tuple[int, int], int] = {}
    for pid in pids:
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for name in names:
            path = f"/proc/{pid}/fd/{name}"
            try:
                if os.readlink(path).startswith("/memfd:"):
                    found = os.stat(path)
                    sizes[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK_BYTES
            except OSError:
                continue
    return sum(sizes.values())


def _resident(pid: int) -> int:
    fields = _read(f"/proc/{pid}/statm").split()
    return int(fields[1]) * _PAGE_BYTES if len(fields) > 1 else 0


def _pages(pid: int) -> tuple[int, int]:
    """Returns (own, shared) memory in bytes; a page of N processes counts 1/N in each."""
    sizes = {b"Pss_Anon:": 0, b"Pss_Shmem:": 0}
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        name, _, value = line.partition(b" ")
        if name in sizes:
            sizes[name] = int(value.split()[0]) * 1024
    return sizes[b"Pss_Anon:"], sizes[b"Pss_Shmem:"]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(4096) or b""
    except OSError:
        return b""
