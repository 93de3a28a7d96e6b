"""A temporary folder for a probe, which is removed even if the probe is killed.

The next probe removes the folder of one that was killed. Each probe holds a lock on its folder, so that
no other removes it in the meantime.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "clary-probe-"
YOUNG_S = 60.0
"""Longer than any probe takes."""


@contextmanager
def probe_folder() -> Iterator[str]:
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        lock = _locked(Path(folder))
        try:
            yield folder
        finally:
            if lock is not None:
                os.close(lock)


def _sweep(parent: Path) -> None:
    """Removes the folders of probes that have ended."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            about = folder.lstat()
            # A young one may be somebody's who is about to lock it.
            if about.st_uid != os.geteuid() or time.time() - about.st_mtime < YOUNG_S:
                continue
            lock = _locked(folder)
            if lock is not None:
                rmtree(folder, ignore_errors=True)
                os.close(lock)


def _locked(folder: Path) -> int | None:
    """Locks a folder and returns the descriptor; None when it is locked already, or no folder."""
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    return fd
