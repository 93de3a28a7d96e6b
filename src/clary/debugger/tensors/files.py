"""Files that appear whole or not at all, on disks that are left usable."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Any

from .layout import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_BUFFERS = 512
"""Half of what Linux takes in one writev."""
LEFT_SHARE = 0.02
LEFT_AT_MOST_BYTES = 1 << 30


def leave_room(folder: str, size_bytes: int) -> None:
    """Raises OSError where a file of this size would take the last of a disk.

    What a training saves itself, its model first of all, needs a place when the tensors are done.
    """
    if not hasattr(os, "statvfs"):
        return
    try:
        disk = os.statvfs(folder)
    except FileNotFoundError:
        return  # the first file makes it
    free = disk.f_bavail * disk.f_frsize
    kept = min(int(disk.f_blocks * disk.f_frsize * LEFT_SHARE), LEFT_AT_MOST_BYTES)
    if free - size_bytes < kept:
        raise OSError(
            errno.ENOSPC,
            "No space left on device but {:.1f} MB, which are left to the training".format(free / 1e6),
        )


def write_atomically(path: str, buffers: Sequence[Any]) -> None:
    """Writes the buffers one after the other and shows them at ``path`` by renaming.

    Raises OSError, and leaves nothing behind then.
    """
    temporary = path + TEMPORARY
    descriptor = _create(temporary)
    try:
        try:
            for first in range(0, len(buffers), _MOST_BUFFERS):
                _write_all(descriptor, list(buffers[first : first + _MOST_BUFFERS]))
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _create(path: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o644)


def _write_all(descriptor: int, buffers: list[Any]) -> None:
    if not hasattr(os, "writev"):
        with os.fdopen(os.dup(descriptor), "wb") as file:
            for buffer in buffers:
                file.write(buffer)
        return
    while buffers:
        written = os.writev(descriptor, buffers)
        # Linux stops at 2 GiB, and a disk that is nearly full takes a part: go on where it stopped.
        while buffers and written >= _size(buffers[0]):
            written -= _size(buffers.pop(0))
        if written:
            buffers[0] = memoryview(buffers[0])[written:]


def _size(buffer: Any) -> int:
    return len(buffer)
