"""A temporary folder for one build: its notes, copies and caches."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clary.host.bounds import NOTE, forget_groups
from clary.host.removal import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "builds"


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """Yields an empty folder below ``root/builds`` for this user only; removes it at the end.

    Folders of killed builds are removed first: a running build holds a lock on its folder.
    """
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        _remove_if_left(left)
    scratch = Path(tempfile.mkdtemp(dir=folder))
    descriptor = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield scratch
    finally:
        os.close(descriptor)
        with suppress(OSError):  # the next build tries again
            remove_tree(scratch)


def _remove_if_left(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for note in folder.glob(f"*/{NOTE}"):
            forget_groups(note)
        remove_tree(folder)
    except OSError:
        return  # another build uses it
    finally:
        os.close(descriptor)
