"""Journals the content files that may be orphans, so that a crash leaves none of them behind.

    create a file ──► doubt ──► row committed ──► settle
    remove a row  ──► doubt ──► row gone, file unlinked ──► settle

A name is added before its file is created or its row is removed, and settled once file and row agree. When
the store is opened, the names that a dead process left in doubt are looked up in the database: a file
without a row is removed. So a start costs what was in flight, not a scan of all objects.
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
"""A longer journal is rewritten with only the names still in doubt."""


class BlobJournal:
    """The names in doubt of one process. Safe to use from any thread.

    The file stays locked while its process lives, so another process knows that it is in use.
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
        """Removes names; one that is not in doubt is ignored."""
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
        """Closes the journal. If names are in doubt, the file stays for the next start."""
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
    """Yields the journals of dead processes with their names in doubt; the caller removes the journals."""
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
    """Returns the names of complete lines: the file of an incomplete line was never created."""
    lines: Iterable[bytes] = content.split(b"\n")[:-1]
    return {line.decode("ascii", "replace") for line in lines}


def _open_locked(path: Path) -> int:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return fd
