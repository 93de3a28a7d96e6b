"""The messages of the kernel's FUSE protocol 7.31 that a read-only file system needs: bytes <-> values.

    kernel ── header, body ──> session          header: size, operation, unique, node, ...
    kernel <── header, body ── session          header: size, -errno, unique

Numbers have the byte order of the machine. ``include/uapi/linux/fuse.h`` of Linux describes all of them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAJOR, MINOR = 7, 31
OLDEST_MINOR = 28
"""Of Linux 4.20: the first with ``max_pages``."""
LONGEST_REQUEST = 64 << 10
"""The kernel refuses to read into less than 8 KiB and the longest write, which is never sent here."""
MOST_READ_BYTES = 1 << 20
FOREVER_S = 1 << 30
"""How long the kernel may remember names and sizes: they do not change while the job runs."""
MOST_BACKGROUND = 64


class Operation(IntEnum):
    LOOKUP = 1
    FORGET = 2
    GETATTR = 3
    OPEN = 14
    READ = 15
    STATFS = 17
    RELEASE = 18
    INIT = 26
    OPENDIR = 27
    READDIR = 28
    RELEASEDIR = 29
    ACCESS = 34
    INTERRUPT = 36
    DESTROY = 38
    BATCH_FORGET = 42
    READDIRPLUS = 44


WITHOUT_ANSWER = (Operation.FORGET, Operation.BATCH_FORGET, Operation.INTERRUPT)


class InitFlag(IntFlag):
    ASYNC_READ = 1 << 0
    DO_READDIRPLUS = 1 << 13
    READDIRPLUS_AUTO = 1 << 14
    PARALLEL_DIROPS = 1 << 18
    MAX_PAGES = 1 << 22
    CACHE_SYMLINKS = 1 << 23


class OpenFlag(IntFlag):
    KEEP_CACHE = 1 << 1
    CACHE_DIR = 1 << 3


_REQUEST = struct.Struct("=IIQQIIIHH")
_ANSWER = struct.Struct("=IiQ")
_INIT_IN = struct.Struct("=IIII")
_INIT_OUT = struct.Struct("=IIIIHHIIHHI7I")
_ATTRIBUTES = struct.Struct("=QQQQQQIIIIIIIIII")
_ENTRY = struct.Struct("=QQQQII")
_ATTRIBUTES_OUT = struct.Struct("=QII")
_OPEN_OUT = struct.Struct("=QII")
_READ_IN = struct.Struct("=QQI")
_STATFS = struct.Struct("=QQQQQIIII6I")
_DIRENT = struct.Struct("=QQII")
_HANDLE = struct.Struct("=Q")

HEADER_BYTES = _REQUEST.size
ANSWER_BYTES = _ANSWER.size


@dataclass(frozen=True, slots=True)
class Request:
    operation: int
    unique: int
    node: int
    body: memoryview

    @classmethod
    def parse(cls, message: memoryview) -> Request:
        """Raises ValueError for what is no message."""
        if len(message) < HEADER_BYTES:
            raise ValueError(f"a message of {len(message)} bytes")
        size, operation, unique, node, *_ = _REQUEST.unpack_from(message)
        if size != len(message):
            raise ValueError(f"a message of {len(message)} bytes that says {size}")
        return cls(operation, unique, node, message[HEADER_BYTES:])


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the kernel knows of a file or folder. mode: with the type. owner: of user and group."""

    node: int
    mode: int
    size_bytes: int
    links: int
    owner: tuple[int, int]
    changed_at: int

    def packed(self) -> bytes:
        return _ATTRIBUTES.pack(
            self.node,
            self.size_bytes,
            -(-self.size_bytes // 512),
            *(self.changed_at,) * 3,
            *(0,) * 3,  # nanoseconds
            self.mode,
            self.links,
            *self.owner,
            0,  # rdev
            128 << 10,  # the size that programs like to read
            0,
        )


def answer(unique: int, body: bytes = b"") -> bytes:
    return answer_header(unique, len(body)) + body


def answer_header(unique: int, body_bytes: int) -> bytes:
    return _ANSWER.pack(ANSWER_BYTES + body_bytes, 0, unique)


def refusal(unique: int, error: int) -> bytes:
    """error: an errno."""
    return _ANSWER.pack(ANSWER_BYTES, -error, unique)


def init(body: memoryview) -> bytes | None:
    """Returns the answer to INIT; None for a kernel that is too old."""
    major, minor, read_ahead, flags = _INIT_IN.unpack_from(body)
    if (major, minor) < (MAJOR, OLDEST_MINOR):
        return None
    wanted = (
        InitFlag.ASYNC_READ
        | InitFlag.DO_READDIRPLUS
        | InitFlag.READDIRPLUS_AUTO
        | InitFlag.PARALLEL_DIROPS
        | InitFlag.MAX_PAGES
    )
    return _INIT_OUT.pack(
        MAJOR,
        MINOR,
        max(read_ahead, MOST_READ_BYTES),
        flags & wanted if major == MAJOR else 0,
        MOST_BACKGROUND,
        MOST_BACKGROUND * 3 // 4,
        4096,  # the longest write: none is sent
        1,
        MOST_READ_BYTES // 4096,
        *(0,) * 9,
    )


def entry(attributes: Attributes) -> bytes:
    """The answer to LOOKUP."""
    return _ENTRY.pack(attributes.node, 0, FOREVER_S, FOREVER_S, 0, 0) + attributes.packed()


def no_entry() -> bytes:
    """The answer to LOOKUP for a name that never exists, so that the kernel does not ask again."""
    return _ENTRY.pack(0, 0, FOREVER_S, FOREVER_S, 0, 0) + bytes(_ATTRIBUTES.size)


def attributes_answer(attributes: Attributes) -> bytes:
    return _ATTRIBUTES_OUT.pack(FOREVER_S, 0, 0) + attributes.packed()


def opened(handle: int, flags: OpenFlag) -> bytes:
    return _OPEN_OUT.pack(handle, flags, 0)


def handle_of(body: memoryview) -> int:
    """Of RELEASE."""
    (handle,) = _HANDLE.unpack_from(body)
    return int(handle)


def read_of(body: memoryview) -> tuple[int, int, int]:
    """Returns (handle, offset, size) of READ, READDIR and READDIRPLUS."""
    handle, offset, size = _READ_IN.unpack_from(body)
    return handle, offset, size


def name_of(body: memoryview) -> bytes:
    """Of LOOKUP."""
    return bytes(body).rstrip(b"\0")


def statfs(size_bytes: int, files: int) -> bytes:
    """A full file system."""
    return _STATFS.pack(-(-size_bytes // 4096), 0, 0, files, 0, 4096, 255, 4096, 0, *(0,) * 6)


def folder_page(
    children: Iterable[tuple[bytes, Attributes]], first: int, most_bytes: int, *, plus: bool
) -> bytes:
    """Returns as many entries of a folder as fit. first: the offset of the first one.

    plus: with the attributes of each, so that the kernel need not look them up.
    """
    page = bytearray()
    for number, (name, attributes) in enumerate(children, first + 1):
        kind = attributes.mode >> 12
        line = _DIRENT.pack(attributes.node, number, len(name), kind) + name
        line += bytes(-len(line) % 8)
        # Of . and .. the kernel wants no node.
        head = (entry(attributes) if name not in (b".", b"..") else no_entry()) if plus else b""
        if len(page) + len(head) + len(line) > most_bytes:
            break
        page += head + line
    return bytes(page)
