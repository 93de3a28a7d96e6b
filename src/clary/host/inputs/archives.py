"""Unpacks archives of users: tar, uncompressed or compressed with gzip or bzip2. No other code unpacks them.

    bytes ──unpacked──> _Forward ──> tarfile ──members──> _Target ──> files beneath one folder
                        no seek back, bounded size            follows no link

An archive may be hostile. No link is ever followed, whether this archive or an earlier one brought it. Bytes,
files and depth are bounded before anything is written.
"""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from ..beneath import folder_beneath, open_folder
from ..errors import out_of_space

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIECE_BYTES = 256 << 10
HEADER_BYTES = 1 << 20
"""The largest extended header; tarfile reads it into memory."""
_OTHER_FORMATS = {
    b"PK\x03\x04": "a zip file",
    b"\xfd7zXZ": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
}


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds of one archive.

    Small archives may unpack to ``always_bytes``, others to ``growth`` times their size.
    """

    size_bytes: int = 10 << 30
    always_bytes: int = 512 << 20
    growth: int = 100
    members: int = 100_000
    depth: int = 64

    def of(self, archive_bytes: int) -> int:
        return min(self.size_bytes, max(self.always_bytes, self.growth * archive_bytes))


class HostileArchive(Exception):
    """An archive is refused. The message completes the sentence "It was refused: ..."."""


def unpack(archive: BinaryIO, root: Path, relative: str, limits: ArchiveLimits | None = None) -> None:
    """Unpacks an open file into ``root/relative``, which is created. Existing files are replaced.

    Files belong to the agent and have the mode 0644 or 0755. Raises HostileArchive, and leaves what was
    unpacked before. Raises OSError when the disk is full.
    """
    limits = limits or ArchiveLimits()
    most = limits.of(os.fstat(archive.fileno()).st_size)
    with _refusing():
        _unpack(_unpacked(archive), root, relative, limits, most)


def unpack_tar(stream: IO[bytes], root: Path, relative: str, limits: ArchiveLimits) -> None:
    """Unpacks an uncompressed archive while it arrives; as ``unpack``, with ``limits.size_bytes`` alone."""
    with _refusing():
        _unpack(stream, root, relative, limits, limits.size_bytes)


def _unpack(file: IO[bytes], root: Path, relative: str, limits: ArchiveLimits, most: int) -> None:
    stream = _Forward(file, most)
    with (
        folder_beneath(root, relative, make=True) as top,
        tarfile.TarFile(fileobj=cast("IO[bytes]", stream)) as tar,
    ):
        target = _Target(top, limits)
        try:
            for member in tar:
                target.add(tar, member)
        finally:
            target.close()


@contextmanager
def _refusing() -> Iterator[None]:
    """Raises HostileArchive for everything that is wrong with an archive, but not for a full disk."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise HostileArchive(f"it is not a complete .tar.gz archive ({error})") from error
    except (ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise HostileArchive(f"it has an entry that makes no sense ({error})") from error
    except OSError as error:
        if out_of_space(error):
            raise
        raise HostileArchive(f"it can't be unpacked ({error.strerror or error})") from error


def _unpacked(archive: BinaryIO) -> IO[bytes]:
    start = archive.read(6)
    archive.seek(0)
    for magic, name in _OTHER_FORMATS.items():
        if start.startswith(magic):
            raise HostileArchive(f"it is {name}; make it with tar -czf")
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=archive, mode="rb"))
    if start.startswith(b"BZh"):
        import bz2

        return cast("IO[bytes]", bz2.BZ2File(archive))
    return archive


class _Forward:
    """A stream for tarfile that raises HostileArchive where tarfile would read without end.

    A negative size in a header makes tarfile seek back. A large size makes it read an extended header of any
    size into memory, or skip the many bytes that a few compressed ones expand to.
    """

    def __init__(self, file: IO[bytes], most_bytes: int) -> None:
        self._file = file
        self._most = most_bytes
        self._at = 0

    def tell(self) -> int:
        return self._at

    def read(self, size: int) -> bytes:
        if not 0 <= size <= HEADER_BYTES:
            raise HostileArchive(f"it has a header of {size} bytes")
        data = self._file.read(size)
        self._at += len(data)
        if self._at > self._most:
            raise HostileArchive(f"it becomes more than {self._most} bytes, which is too much for its size")
        return data

    def seek(self, to: int) -> None:
        if to < self._at:
            raise HostileArchive("it has an entry of a negative size")
        while self._at < to and self.read(min(PIECE_BYTES, to - self._at)):
            pass


class _Target:
    """Writes members of an archive below one folder."""

    def __init__(self, top: int, limits: ArchiveLimits) -> None:
        self._top = top
        self._limits = limits
        self._count = 0
        self._parent: tuple[list[str], int] | None = None
        """The folder used last, because members of one folder usually follow each other."""

    def close(self) -> None:
        if self._parent is not None:
            os.close(self._parent[1])
            self._parent = None

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        self._count += 1
        if self._count > self._limits.members:
            raise HostileArchive(f"it has more than {self._limits.members} entries")
        parts = self._parts(member.name)
        if member.isdir():
            self._folder(parts, member.name)
            return
        if not parts:
            raise HostileArchive(f"{member.name!r} has no name")
        folder, name = self._folder(parts[:-1], member.name), parts[-1]
        if member.issparse():
            raise HostileArchive(f"{member.name!r} is a sparse file; make it without tar's --sparse")
        if member.isreg():
            _make_room(folder, name, member.name)
            _write(tar, member, folder, name)
        elif member.issym():
            _require_inside(member, parts)
            _make_room(folder, name, member.name)
            os.symlink(member.linkname, name, dir_fd=folder)
        elif member.islnk():
            self._link(member, folder, name)
        else:
            raise HostileArchive(f"{member.name!r} is a device or a pipe")

    def _parts(self, name: str) -> list[str]:
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if name.startswith("/") or ".." in parts:
            raise HostileArchive(f"{name!r} lies outside the archive's folder")
        if len(parts) > self._limits.depth:
            raise HostileArchive(f"it has an entry more than {self._limits.depth} folders deep")
        return parts

    def _folder(self, parts: list[str], name: str) -> int:
        """Returns a descriptor of a folder, open until the next call. Creates the folder if it is missing."""
        if self._parent is None or self._parent[0] != parts:
            self.close()
            self._parent = parts, self._open(parts, name, make=True)
        return self._parent[1]

    def _open(self, parts: list[str], name: str, *, make: bool) -> int:
        folder = os.dup(self._top)
        try:
            for part in parts:
                inner = open_folder(part, folder, make=make)
                os.close(folder)
                folder = inner
        except OSError as error:
            os.close(folder)
            if out_of_space(error):
                raise
            raise HostileArchive(
                f"{name!r} goes through a link or a file, or a folder that is not there"
            ) from error
        return folder

    def _link(self, member: tarfile.TarInfo, folder: int, name: str) -> None:
        """Creates a hard link to a regular file that was unpacked before."""
        parts = self._parts(member.linkname)
        if not parts or parts == self._parts(member.name):
            return
        source = self._open(parts[:-1], member.name, make=False)
        try:
            if not stat.S_ISREG(os.stat(parts[-1], dir_fd=source, follow_symlinks=False).st_mode):
                raise HostileArchive(f"{member.name!r} is a link to something that is no file")
            _make_room(folder, name, member.name)
            os.link(parts[-1], name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.close(source)


def _require_inside(member: tarfile.TarInfo, parts: list[str]) -> None:
    """Refuses a link out of the folder, to tell its author.

    It would be harmless: nothing here follows links.
    """
    place = os.path.normpath("/".join([*parts[:-1], member.linkname]))
    if member.linkname.startswith("/") or place == ".." or place.startswith("../"):
        raise HostileArchive(f"{member.name!r} links to {member.linkname!r}, outside the archive's folder")


def _make_room(folder: int, name: str, whole_name: str) -> None:
    """Removes an existing file instead of writing to it, because other hard links may share its content."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError) as error:
        raise HostileArchive(f"{whole_name!r} is a file and a folder") from error


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: int, name: str) -> None:
    content = tar.extractfile(member)
    assert content is not None  # it is a regular file
    mode = 0o755 if member.mode & 0o100 else 0o644
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(name, flags, mode, dir_fd=folder), "wb") as file:
        while piece := content.read(PIECE_BYTES):
            file.write(piece)
        file.flush()
        if 0 <= member.mtime < 1 << 33:
            os.utime(file.fileno(), (member.mtime, member.mtime))
