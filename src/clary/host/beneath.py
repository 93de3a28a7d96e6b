"""Safe access to files below a folder that user code may change at any moment. All such access is here.

The agent has more rights than the code it runs. A path that was a folder before may have become a link to the
user's keys. So each folder of a path is opened with O_NOFOLLOW, relative to the folder before it. Paths are
relative, with ``/``. An absolute path, or one with ``..`` in it, is refused as a path that does not exist.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEEPEST = 100
"""Folders below the first one. Each open folder is a descriptor, and a process has about a thousand."""
MOST_LINKS = 40
"""As many as the kernel follows in one path."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Place:
    """A folder outside the sandbox: ``root``, which user code can't change, and the path from there."""

    root: Path
    relative: str

    @property
    def path(self) -> Path:
        return self.root / self.relative


@dataclass(frozen=True, slots=True)
class FolderEntry:
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
        """Returns a descriptor of the file. Raises OSError when it is no longer a regular file."""
        return open_regular(self.name, os.O_RDONLY, self.directory_fd)


def parts_of(relative: str) -> list[str]:
    """Returns the names in a relative path. Raises OSError for a path that could leave its folder."""
    parts = [part for part in relative.split("/") if part not in ("", ".")]
    if relative.startswith("/") or ".." in parts or "\0" in relative:
        raise OSError(errno.EINVAL, "not a path below a folder", relative)
    return parts


@contextmanager
def folder_beneath(root: Path, relative: str = ".", *, make: bool = False) -> Iterator[int]:
    """Opens the folder ``root/relative``, and closes it at the end. make: missing folders are created.

    ``root`` itself may be reached through links, because user code can change nothing above it. Raises
    OSError.
    """
    parts = parts_of(relative)
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            inner = open_folder(part, descriptor, make=make)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def open_beneath(root: Path, relative: str, flags: int = os.O_RDONLY, mode: int = 0o644) -> int:
    """Opens a regular file under ``root`` without following any link below it; raises OSError."""
    *folders, name = parts_of(relative) or [""]
    with folder_beneath(root, "/".join(folders)) as folder:
        return open_regular(name, flags, folder, mode)


def read_beneath(root: Path, relative: str, limit_bytes: int) -> bytes | None:
    """Returns the first ``limit_bytes`` of a file under ``root``; None when it is no regular file."""
    try:
        descriptor = open_beneath(root, relative)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        return file.read(limit_bytes)


def list_beneath(root: Path, relative: str = ".") -> list[tuple[str, os.stat_result]]:
    """Returns the names in a folder, sorted, with their status. Empty when there is no such folder."""
    found = []
    try:
        with folder_beneath(root, relative) as folder:
            for name in sorted(os.listdir(folder)):
                try:
                    found.append((name, os.stat(name, dir_fd=folder, follow_symlinks=False)))
                except FileNotFoundError:
                    continue
    except OSError:
        return []
    return found


def walk_beneath(
    root: Path, relative: str = ".", left_out: Callable[[str, str], object] | None = None
) -> Iterator[FolderEntry]:
    """Yields every regular file and symbolic link under ``root/relative``, by name; nothing if it is missing.

    The files of a folder come before its folders. left_out: called with the path of everything else, and the
    reason why it is left out.
    """
    try:
        with folder_beneath(root, relative) as folder:
            top = os.dup(folder)
    except OSError:
        return
    tell = left_out or (lambda _path, _why: None)
    open_folders = [_OpenFolder(top, "")]
    try:
        while open_folders:
            folder_ = open_folders[-1]
            if not folder_.listed:
                yield from folder_.entries(tell)
            elif folder_.inner:
                name = folder_.inner.pop()
                if len(open_folders) > DEEPEST:
                    tell(folder_.path + name, f"it lies more than {DEEPEST} folders deep")
                    continue
                try:
                    inner = os.open(name, _FOLDER, dir_fd=folder_.descriptor)
                except FileNotFoundError:
                    continue
                except OSError as error:
                    tell(folder_.path + name, f"it can't be opened: {error.strerror}")
                    continue
                open_folders.append(_OpenFolder(inner, f"{folder_.path}{name}/"))
            else:
                os.close(open_folders.pop().descriptor)
    finally:
        for left in open_folders:
            os.close(left.descriptor)


def resolve_beneath(root: Path, relative: str) -> str | None:
    """Returns the path of ``relative`` from ``root`` with all links resolved; None when it leaves ``root``.

    Also None when nothing is there. Links are resolved by reading them. The caller opens the result without
    following links, so it is safe when the tree changes in between. ``..`` is allowed here.
    """
    if relative.startswith("/") or "\0" in relative:
        return None
    waiting = list(reversed(relative.split("/")))
    done: list[str] = []
    followed = 0
    while waiting:
        part = waiting.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not done:
                return None
            done.pop()
            continue
        try:
            with folder_beneath(root, "/".join(done)) as folder:
                status = os.stat(part, dir_fd=folder, follow_symlinks=False)
                target = os.readlink(part, dir_fd=folder) if stat.S_ISLNK(status.st_mode) else None
        except OSError:
            return None
        if target is None:
            done.append(part)
            continue
        followed += 1
        if target.startswith("/") or followed > MOST_LINKS:
            return None
        waiting += reversed(target.split("/"))
    return "/".join(done) or "."


def open_folder(name: str, folder: int, *, make: bool = False) -> int:
    """Opens a folder inside ``folder``. make: creates it when it is missing. Raises OSError for a link."""
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):  # created by another process meanwhile
        os.mkdir(name, 0o755, dir_fd=folder)
    return os.open(name, _FOLDER, dir_fd=folder)


def open_regular(name: str, flags: int, folder: int, mode: int = 0o644) -> int:
    """Opens a regular file of a folder; raises OSError for anything else."""
    # O_NONBLOCK: opening a FIFO that user code put there must not hang the agent.
    descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", name)
    return descriptor


@dataclass(slots=True)
class _OpenFolder:
    """One open folder of a walk. path: from the top, empty or with a slash at its end."""

    descriptor: int
    path: str
    listed: bool = False
    inner: list[str] = field(default_factory=list)
    """Folders that the walk has still to enter, the next one last."""

    def entries(self, tell: Callable[[str, str], object]) -> Iterator[FolderEntry]:
        self.listed = True
        try:
            names = sorted(os.listdir(self.descriptor))
        except OSError as error:
            tell(self.path, f"it can't be listed: {error.strerror}")
            return
        for name in names:
            try:
                status = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue
            mode = status.st_mode
            if stat.S_ISDIR(mode):
                self.inner.append(name)
            elif stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                yield FolderEntry(self.path + name, name, self.descriptor, status)
            else:
                tell(self.path + name, f"it is {_KINDS.get(stat.S_IFMT(mode), 'no file')}")
        self.inner.reverse()


_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
