"""Puts objects into a folder as files: hard links to the stored ones, or copies made by several threads."""

from __future__ import annotations

import os
import queue
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ..errors import ClientError, out_of_space
from ..removal import remove_tree
from ..threads import in_threads
from .downloads import THREADS, Download, download_all
from .keys import safe_path
from .node_cache import CachedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..client.objects import ObjectSource
    from ..client.s3 import Listed
    from .node_cache import NodeCache

PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Staged:
    """One object and its path in the channel."""

    bucket: str
    item: Listed
    relative: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.item.key}"

    def clash(self) -> ClientError:
        """Returns the error for a path that another object of the channel has."""
        return ClientError(
            f"Data download failed: {self.uri} can't become a file, because another object of the channel "
            "needs the same path as a file or as a folder. Remove or rename one of the two."
        )


def link_all(objects: Sequence[Staged], folder: Path) -> bool:
    """Creates hard links in ``folder``. Returns False, and removes ``folder``, if file systems differ.

    Raises ClientError and OSError.
    """
    made: set[str] = set()
    for one in objects:
        path = _place(folder, one, made)
        try:
            os.link(one.item.path, path)
        except FileExistsError as error:
            raise one.clash() from error
        except OSError as error:
            if out_of_space(error):
                raise
            remove_tree(folder)
            return False
    return True


def fetch_all(objects: Sequence[Staged], folder: Path, source: ObjectSource, *, unzip: bool = False) -> None:
    """Copies objects into ``folder``, which no other process may change. unzip: decompresses ``*.gz``.

    Raises ClientError and OSError.
    """
    made: set[str] = set()
    seen: set[str] = set()
    streamed: queue.SimpleQueue[tuple[Staged, str]] = queue.SimpleQueue()
    downloads: list[Download] = []
    threads = 0
    for one in objects:
        path = _place(folder, one, made)
        if unzip and path.endswith(".gz"):
            path = path[:-3]
        if path in seen or path in made:
            raise one.clash()
        seen.add(path)
        if unzip or one.item.path or one.item.size_bytes < 0:
            streamed.put((one, path))
            threads = max(threads, 1 if one.item.path else min(THREADS, len(objects)))
        else:
            downloads.append(Download(one.bucket, one.item, _NewFile(one, path)))
    stop = threading.Event()
    in_threads(threads, lambda mine: _fetch_some(streamed, mine, unzip, stop), source, stop.set)
    if downloads:
        download_all(downloads, source)


def fetch_cached(objects: Sequence[Staged], folder: Path, source: ObjectSource, cache: NodeCache) -> None:
    """Puts objects into ``folder`` as links to files of the cache, and downloads those that it lacks.

    Raises ClientError and OSError.
    """
    made: set[str] = set()
    lacking: list[Download] = []
    for one in objects:
        path = _place(folder, one, made)
        try:
            if cache.link(one.bucket, one.item, path):
                continue
        except FileExistsError as error:
            raise one.clash() from error
        file = CachedFile(cache, one.bucket, path, one.clash)
        lacking.append(Download(one.bucket, one.item, file))
    if lacking:
        cache.make_room(sum(each.item.size_bytes for each in lacking))
        download_all(lacking, source)
        cache.make_room()  # other agents may have added theirs meanwhile


def fetch_file(bucket: str, item: Listed, path: str, source: ObjectSource) -> None:
    """Copies one object to a file that does not exist yet. Raises ClientError and OSError."""
    one = Staged(bucket, item, os.path.basename(path))
    if item.path or item.size_bytes < 0:
        with open(path, "xb") as file:
            _fetch(one, file, source, unzip=False)
    else:
        download_all([Download(bucket, item, _NewFile(one, path))], source)


class _NewFile:
    """The file of a download in a folder of this host."""

    def __init__(self, one: Staged, path: str) -> None:
        self._one = one
        self._path = path

    def begin(self, _item: Listed) -> int:
        try:
            return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except (FileExistsError, IsADirectoryError) as error:
            raise self._one.clash() from error

    def complete(self, descriptor: int) -> None:
        os.close(descriptor)

    def abandon(self, descriptor: int) -> None:
        os.close(descriptor)
        os.unlink(self._path)


def _fetch_some(
    work: queue.SimpleQueue[tuple[Staged, str]], source: ObjectSource, unzip: bool, stop: threading.Event
) -> None:
    while not stop.is_set():
        try:
            one, path = work.get_nowait()
        except queue.Empty:
            return
        try:
            with open(path, "xb") as file:
                _fetch(one, file, source, unzip)
        except (FileExistsError, IsADirectoryError) as error:
            raise one.clash() from error


def _fetch(one: Staged, file: BinaryIO, source: ObjectSource, unzip: bool) -> None:
    gunzip = Gunzip() if unzip else None

    def take(piece: bytes | memoryview) -> None:
        for part in gunzip.feed(piece) if gunzip is not None else (piece,):
            file.write(part)

    def restart() -> None:
        file.seek(0)
        file.truncate()
        if gunzip is not None:
            gunzip.reset()

    try:
        source.read(one.bucket, one.item, take, restart)
        if gunzip is not None:
            gunzip.end()
    except (zlib.error, EOFError) as error:
        raise ClientError(
            f"Data download failed: {one.uri} is not gzip ({error}), but its channel has "
            "CompressionType Gzip."
        ) from error


class Gunzip:
    """Decompresses a stream that consists of one or more gzip members."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._member = zlib.decompressobj(31)
        self._started = False

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[bytes]:
        """Yields pieces, because one megabyte may expand to a thousand.

        Raises zlib.error for what is not gzip.
        """
        while data:
            self._started = True
            yield self._member.decompress(data, PIECE_BYTES)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if self._member.eof:
                self._member = zlib.decompressobj(31)
                self._started = bool(data)

    def end(self) -> None:
        """Raises EOFError when the stream ended inside a gzip member."""
        if self._started:
            raise EOFError("it ends early")


def _place(folder: Path, one: Staged, made: set[str]) -> str:
    """Returns the path of one object and creates its folders. made: the folders that exist already."""
    path = f"{folder}/{safe_path(one.relative, one.uri)}"
    parent = os.path.dirname(path)
    if parent not in made:
        try:
            os.makedirs(parent, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise one.clash() from error
        while parent not in made and len(parent) >= len(str(folder)):
            made.add(parent)
            parent = os.path.dirname(parent)
    return path
