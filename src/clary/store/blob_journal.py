"""Which content files may belong to nobody, so that a crash leaves none behind.

    create a file ──► doubt ──► row committed ──► settle
    remove a row  ──► doubt ──► row gone, file unlinked ──► settle

A name is written down before its file appears or its row goes, and struck out once file and row agree
again. What a dead process left in doubt is looked up in the database when the store is opened next: a
name without a row loses its file. So opening costs what was in flight, not a walk over every object.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TRIM_BYTES = 4096
"""An idle journal longer than this is emptied."""

REWRITE_BYTES = 1 << 20
"""A journal longer than this is written anew with only what is still in doubt."""


class BlobJournal:
    """The names in doubt of one process. Safe from any thread.

    The file stays locked while its process lives: that is how another one knows whose it is.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.log"
        self._lock = threading.Lock()
        self._names: set[str] = set()
        self._length = 0
        self._fd = _open_locked(self._path)

    def doubt(self, *names: str) -> None:
        line = "".join(f"{name}\n" for name in names).encode()
        with self._lock:
            os.write(self._fd, line)
            self._length += len(line)
            self._names.update(names)

    def settle(self, *names: str) -> None:
        """Strikes names out; one that was not in doubt is ignored."""
        with self._lock:
            self._names.difference_update(names)
            if not self._names and self._length > TRIM_BYTES:
                os.ftruncate(self._fd, 0)
                self._length = 0
            elif self._length > max(REWRITE_BYTES, 128 * len(self._names)):
                self._rewrite()

    def in_doubt(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._names)

    def close(self) -> None:
        """Gives the journal up; with names still in doubt it is left for the store's next opening."""
        with self._lock:
            if not self._names:
                self._path.unlink(missing_ok=True)
            os.close(self._fd)

    def _rewrite(self) -> None:
        content = "".join(f"{name}\n" for name in self._names).encode()
        fresh_path = self._path.with_suffix(".new")
        fresh = _open_locked(fresh_path)
        os.write(fresh, content)
        fresh_path.replace(self._path)
        os.close(self._fd)
        self._fd, self._length = fresh, len(content)


def abandoned(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """The journals of processes that are gone, with what they left in doubt; the caller unlinks them."""
    for path in sorted(folder.glob("*.log")) + sorted(folder.glob("*.new")):
        try:
            fd = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            yield path, _names_in(path.read_bytes())
        finally:
            os.close(fd)


def _names_in(content: bytes) -> set[str]:
    """The names of whole lines: a line that was cut short named a file that had not been made yet."""
    lines: Iterable[bytes] = content.split(b"\n")[:-1]
    return {line.decode("ascii", "replace") for line in lines}


def _open_locked(path: Path) -> int:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return fd
