"""Content in files with random names: ``<root>/ab/cdef...``, written once and never changed.

No part of a name comes from a caller, so a key may be any text. A file is created at its final path. It is
visible once a row names it; a file that no row names is removed.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .blob_journal import BlobJournal

log = logging.getLogger("clary.store")

READ_ONLY = 0o444
GATHER_S = 0.5
"""How long removals are collected, so that many of them need one checkpoint of the database."""


class BlobFiles:
    """The files below one folder. Safe to use from any thread.

    before_unlink: makes all commits so far durable. After a power cut no row may name a file that is gone.
    """

    def __init__(self, root: Path, journal: BlobJournal, before_unlink: Callable[[], None]) -> None:
        self._root = os.fspath(root)
        self.journal = journal
        self._before_unlink = before_unlink
        self._wake = threading.Condition()
        self._doomed: list[str] = []
        self._busy = False
        self._hurry = False
        self._closed = False
        self._reaper: threading.Thread | None = None

    def path(self, blob: str) -> Path:
        return Path(self.name(blob))

    def name(self, blob: str) -> str:
        """Returns the path as text: to make a Path takes longer than to open the file."""
        return f"{self._root}/{blob[:2]}/{blob[2:]}"

    def create(self, mode: int = READ_ONLY) -> tuple[str, int]:
        """Creates an empty file, in doubt, open for writing. Returns its name and a file descriptor."""
        blob = secrets.token_hex(16)
        self.journal.doubt(blob)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return blob, os.open(self.name(blob), flags, mode)
        except FileNotFoundError:
            self.path(blob).parent.mkdir(parents=True, exist_ok=True)
            sync_folder(self._root)
            return blob, os.open(self.name(blob), flags, mode)
        except BaseException:
            self.journal.settle(blob)
            raise

    def duplicate(self, blob: str) -> str:
        """Creates a second file with the content of ``blob``, in doubt: a hard link where there are links."""
        copy = secrets.token_hex(16)
        self.path(copy).parent.mkdir(parents=True, exist_ok=True)
        self.journal.doubt(copy)
        try:
            os.link(self.path(blob), self.path(copy))
        except FileNotFoundError:
            self.journal.settle(copy)
            raise
        except OSError:
            # No links on this file system, or too many to this one file.
            self.journal.settle(copy)
            return self._copy(blob)
        sync_folder(self.path(copy).parent)
        return copy

    def sync(self, blob: str, fd: int) -> None:
        """Makes the content and the name of a new file durable."""
        os.fdatasync(fd)
        sync_folder(os.path.dirname(self.name(blob)))

    def discard(self, blob: str) -> None:
        """Removes a file at once that no row has ever named."""
        self.path(blob).unlink(missing_ok=True)
        self.journal.settle(blob)

    @contextmanager
    def removal(self) -> Iterator[Callable[[str], None]]:
        """Collects files whose rows a transaction in the block removes. They are removed after the block."""
        names: list[str] = []

        def remove(blob: str) -> None:
            self.journal.doubt(blob)
            names.append(blob)

        try:
            yield remove
        except BaseException:
            self.journal.settle(*names)
            raise
        if names:
            self._doom(names)

    def drain(self) -> None:
        """Returns when every file in the queue of removals is gone."""
        with self._wake:
            self._hurry = True
            self._wake.notify_all()
            self._wake.wait_for(lambda: not self._doomed and not self._busy)
            self._hurry = False

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._reaper is not None:
            self._reaper.join()
        self.journal.close()

    def _copy(self, blob: str) -> str:
        copy, target = self.create()
        try:
            source = os.open(self.path(blob), os.O_RDONLY | os.O_CLOEXEC)
            try:
                copy_range(source, target, 0, 0, os.fstat(source).st_size)
                self.sync(copy, target)
            finally:
                os.close(source)
        except BaseException:
            self.discard(copy)
            raise
        finally:
            os.close(target)
        return copy

    def _doom(self, names: list[str]) -> None:
        with self._wake:
            self._doomed += names
            if self._reaper is None and not self._closed:
                self._reaper = threading.Thread(target=self._reap, name="clary-blob-reaper", daemon=True)
                self._reaper.start()
            self._wake.notify_all()

    def _reap(self) -> None:
        # Unlinking a large file takes long, and the caller need not wait for it.
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._doomed or self._closed)
                if not self._doomed:
                    return
                self._wake.wait_for(lambda: self._hurry or self._closed, timeout=GATHER_S)
                names, self._doomed, self._busy = self._doomed, [], True
            try:
                self._before_unlink()
                for name in names:
                    self.path(name).unlink(missing_ok=True)
                self.journal.settle(*names)
            except Exception:
                # They stay in doubt: the next start removes them.
                log.exception("could not remove %d files of deleted objects", len(names))
            finally:
                with self._wake:
                    self._busy = False
                    self._wake.notify_all()


def copy_range(source: int, target: int, source_offset: int, target_offset: int, size_bytes: int) -> None:
    """Copies between files inside the kernel if possible (the file system may share the blocks)."""
    while size_bytes > 0:
        copied = _copy_some(source, target, source_offset, target_offset, size_bytes)
        if copied == 0:
            raise OSError(errno.EIO, f"the source ends {size_bytes} bytes too early")
        source_offset, target_offset, size_bytes = (
            source_offset + copied,
            target_offset + copied,
            size_bytes - copied,
        )


def sync_folder(folder: str | Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _copy_some(source: int, target: int, source_offset: int, target_offset: int, size_bytes: int) -> int:
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(source, target, min(size_bytes, 1 << 30), source_offset, target_offset)
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
    return os.pwrite(target, os.pread(source, min(size_bytes, 1 << 20), source_offset), target_offset)
