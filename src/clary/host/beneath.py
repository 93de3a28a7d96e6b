"""Files under a folder that user code may rearrange at any moment.

The agent has more rights than the code it runs. A path that was a folder a moment ago may be a link to the
user's keys now, so every step down is taken with O_NOFOLLOW from the folder before it.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file, or a symbolic link, found under a folder.

    relative: path from the folder, with ``/``. directory_fd: its own folder, open only until the next entry.
    """

    relative: str
    name: str
    directory_fd: int
    status: os.stat_result

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.status.st_mode)

    def open(self) -> int:
        """A descriptor of the regular file; raises OSError when it is not one any more."""
        return _open_regular(self.name, os.O_RDONLY, self.directory_fd)


def open_beneath(root: Path, relative: str, flags: int = os.O_RDONLY, mode: int = 0o644) -> int:
    """Opens a regular file under ``root`` without following any link below it; raises OSError."""
    *folders, name = relative.split("/")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return _open_regular(name, flags, folder, mode)
    finally:
        os.close(folder)


def read_beneath(root: Path, relative: str, limit_bytes: int) -> bytes | None:
    """The first ``limit_bytes`` of a file under ``root``; None when there is no such regular file."""
    try:
        descriptor = open_beneath(root, relative)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        return file.read(limit_bytes)


def walk_beneath(root: Path, relative: str = ".") -> Iterator[Entry]:
    """Every regular file and symbolic link under ``root/relative``, in name order; none if missing."""
    try:
        top = _open_folder(root, relative)
    except OSError:
        return
    try:
        for folder, folders, names, descriptor in os.fwalk(".", dir_fd=top):
            folders.sort()
            for name in sorted(names):
                try:
                    status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                    yield Entry(os.path.normpath(f"{folder}/{name}"), name, descriptor, status)
            # A link to a folder is listed among the folders, which are not followed.
            for name in list(folders):
                status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                if stat.S_ISLNK(status.st_mode):
                    yield Entry(os.path.normpath(f"{folder}/{name}"), name, descriptor, status)
    finally:
        os.close(top)


def _open_folder(root: Path, relative: str) -> int:
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for part in relative.split("/"):
        try:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def _open_regular(name: str, flags: int, folder: int, mode: int = 0o644) -> int:
    # O_NONBLOCK: opening a FIFO that user code put there must not hang the agent.
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"not a regular file: {name}")
    return descriptor
