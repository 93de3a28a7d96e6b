"""Writes files atomically, and keeps a reserve of free disk space for the training."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Any

from .layout import TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_BUFFERS = 512
"""Half of the number of buffers that Linux accepts in one writev call."""
RESERVED_SHARE = 0.02
RESERVED_MAX_BYTES = 1 << 30


def check_free_space(folder: str, size_bytes: int) -> None:
    """Checks that the disk keeps its reserve after a write of ``size_bytes`` below ``folder``.

    The reserve is ``RESERVED_SHARE`` of the disk, at most ``RESERVED_MAX_BYTES``. It is for files that the
    training saves itself, above all its model. Raises OSError (ENOSPC) when too little space is left.
    """
    if not hasattr(os, "statvfs"):
        return
    try:
        disk = os.statvfs(folder)
    except FileNotFoundError:
        return  # the first write creates the folder
    free = disk.f_bavail * disk.f_frsize
    reserved = min(int(disk.f_blocks * disk.f_frsize * RESERVED_SHARE), RESERVED_MAX_BYTES)
    if free - size_bytes < reserved:
        raise OSError(
            errno.ENOSPC,
            "No space left on device but {:.1f} MB, which are left to the training".format(free / 1e6),
        )


def write_atomically(path: str, buffers: Sequence[Any]) -> None:
    """Writes the buffers one after the other to a temporary file, then renames it to ``path``.

    Folders that are missing are created. Raises OSError; no temporary file is left then.
    """
    temporary = path + TEMPORARY
    descriptor = _create(temporary)
    try:
        try:
            for first in range(0, len(buffers), _MAX_BUFFERS):
                _write_all(descriptor, list(buffers[first : first + _MAX_BUFFERS]))
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
        # A write can be partial: Linux stops at 2 GiB, and a nearly full disk accepts less. Write the rest.
        while buffers and written >= _size(buffers[0]):
            written -= _size(buffers.pop(0))
        if written:
            buffers[0] = memoryview(buffers[0])[written:]


def _size(buffer: Any) -> int:
    return len(buffer)
