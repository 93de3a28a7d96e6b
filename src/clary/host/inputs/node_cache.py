"""Objects that earlier jobs of this node have downloaded, so that others link them instead.

    <folder>/<id of the boot>/objects/<name>     complete and read-only; linked into channels
                             /incoming/<name>    being downloaded by the agent that holds its lock
                             /lock               held by the agent that makes room

A name stands for server, bucket, key and ETag. The agent asks only for what the server has granted its job's
role (``Listed.granted``), so a file of another role's job is not seen without the right to read it.
A lock ends with its agent: what a killed one has begun is begun again. Nothing is synced to the disk, so the
files of an earlier boot, which may lack their last bytes, are removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..removal import remove_tree
from .downloads import Busy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..client.s3 import Listed

FOLDER_VARIABLE = "CLARY_NODE_CACHE"
BYTES_VARIABLE = "CLARY_NODE_CACHE_BYTES"
LARGEST_SHARE = 0.1
"""Of the disk, unless the node says another bound."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class NodeCache:
    """The cache as one agent sees it. Several agents use it at a time; one that is killed harms nobody."""

    def __init__(self, folder: Path, limit_bytes: int, server: str) -> None:
        """server: what tells the buckets of one installation from those of another."""
        self.limit_bytes = limit_bytes
        self._top = folder
        self._folder = folder / _BOOT.read_text().strip()
        self._server = server
        for name in ("objects", "incoming"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    @classmethod
    def of_node(cls, environ: Mapping[str, str], server: str) -> NodeCache | None:
        """Returns the cache that the variables of this agent name; None where it has none."""
        named = environ.get(FOLDER_VARIABLE, "")
        if not named:
            return None
        folder = Path(named)
        folder.mkdir(parents=True, exist_ok=True)
        told = environ.get(BYTES_VARIABLE, "")
        limit = int(told) if told.isdigit() else int(shutil.disk_usage(folder).total * LARGEST_SHARE)
        return cls(folder, limit, server) if limit > 0 else None

    def takes(self, objects: Iterable[Listed], folder: Path) -> bool:
        """Returns whether all objects together may be kept, and linked into ``folder``."""
        total = 0
        for item in objects:
            if not item.granted or not item.etag or item.path or item.size_bytes < 0:
                return False
            total += item.size_bytes
        return total <= self.limit_bytes and os.stat(folder).st_dev == os.stat(self._folder).st_dev

    def takes_part_of(self, item: Listed) -> bool:
        """Returns whether parts of an object may be kept and found."""
        return item.granted and bool(item.etag)

    def open(self, bucket: str, item: Listed, part: str = "") -> int | None:
        """Opens an object, or a part of it, and marks it as used. Returns None when it is not here."""
        try:
            found = os.open(self._object(bucket, item, part), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        os.utime(found, ns=(time.time_ns(), os.fstat(found).st_mtime_ns))
        return found

    def begin_part(self, bucket: str, item: Listed, part: str) -> tuple[int, str]:
        """Returns a descriptor to write to, and the path for ``publish_part``.

        Several agents may fetch the same part at a time: each has a file of its own.
        """
        path = f"{self.incoming(bucket, item)}{part}-{os.getpid()}"
        descriptor = _locked(path, make=True)
        os.ftruncate(descriptor, 0)
        return descriptor, path

    def publish_part(self, incoming: str, bucket: str, item: Listed, part: str) -> None:
        os.chmod(incoming, 0o444)
        os.replace(incoming, self._object(bucket, item, part))

    def _object(self, bucket: str, item: Listed, part: str = "") -> Path:
        return self._folder / "objects" / f"{self._name(bucket, item)}{part}"

    def link(self, bucket: str, item: Listed, path: str) -> bool:
        """Makes ``path`` a link to the object and marks it as used. Returns False when it is not here.

        Raises OSError for a path that exists, and when the file systems differ.
        """
        found = self._object(bucket, item)
        try:
            os.link(found, path)
        except FileNotFoundError:
            if found.exists():
                raise
            return False
        status = os.stat(path)
        # As a read would: where access times are not written, nothing else tells what is used.
        os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))
        return True

    def make_room(self, wanted_bytes: int = 0) -> None:
        """Removes the files that were used least recently, until so many bytes fit within the bound."""
        with open(self._folder / "lock", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for other in self._top.iterdir():
                if other != self._folder:
                    remove_tree(other)
            self._remove_abandoned()
            kept = sorted(_files(self._folder / "objects"), key=lambda entry: entry[1].st_atime_ns)
            total = sum(status.st_size for _, status in kept)
            for path, status in kept:
                if total + wanted_bytes <= self.limit_bytes:
                    break
                os.unlink(path)
                total -= status.st_size

    def _remove_abandoned(self) -> None:
        for path, _ in _files(self._folder / "incoming"):
            with contextlib.suppress(FileNotFoundError, Busy):
                descriptor = _locked(path)
                os.unlink(path)
                os.close(descriptor)

    def _name(self, bucket: str, item: Listed) -> str:
        words = "\0".join((self._server, bucket, item.key, item.etag, str(item.size_bytes)))
        return hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest()

    def incoming(self, bucket: str, item: Listed) -> str:
        return str(self._folder / "incoming" / self._name(bucket, item))

    def publish(self, incoming: str) -> None:
        os.replace(incoming, self._folder / "objects" / os.path.basename(incoming))


class CachedFile:
    """The file of a download that is kept for others, and linked to ``path``."""

    def __init__(self, cache: NodeCache, bucket: str, path: str, clash: Callable[[], Exception]) -> None:
        """clash: makes the error for a path that another object has."""
        self._cache = cache
        self._bucket = bucket
        self._path = path
        self._clash = clash
        self._incoming = ""

    def begin(self, item: Listed) -> int | None:
        if self._link(item):
            return None
        self._incoming = self._cache.incoming(self._bucket, item)
        descriptor = _locked(self._incoming, make=True)
        try:
            # Another agent may have completed it before this one had the lock.
            if self._link(item):
                os.unlink(self._incoming)
                os.close(descriptor)
                return None
            os.ftruncate(descriptor, 0)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def complete(self, descriptor: int) -> None:
        try:
            os.fchmod(descriptor, 0o444)
            try:
                # Before others see it: it may be removed for room right afterwards.
                os.link(self._incoming, self._path)
            except FileExistsError as error:
                raise self._clash() from error
            self._cache.publish(self._incoming)
        finally:
            os.close(descriptor)

    def abandon(self, descriptor: int) -> None:
        os.unlink(self._incoming)
        os.close(descriptor)

    def _link(self, item: Listed) -> bool:
        try:
            return self._cache.link(self._bucket, item, self._path)
        except FileExistsError as error:
            raise self._clash() from error


def _locked(path: str, *, make: bool = False) -> int:
    """Opens a file and locks it until it is closed. Raises Busy when another process holds the lock."""
    while True:
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if make else 0)
        descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The one who held it may have renamed or removed the file since it was opened.
            if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise Busy from None
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _files(folder: Path) -> list[tuple[str, os.stat_result]]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                found.append((entry.path, entry.stat(follow_symlinks=False)))
    return found
