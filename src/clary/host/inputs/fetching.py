"""Puts objects into a folder as files: hard links to the stored ones, or copies made by several threads."""

from __future__ import annotations

import os
import queue
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ..errors import ClientError, HostError, out_of_space
from ..removal import remove_tree
from .keys import safe_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ..client.objects import ObjectSource
    from ..client.s3 import Listed

DOWNLOAD_THREADS = 8
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
            raise _clash(one) from error
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
    work: queue.SimpleQueue[tuple[Staged, str]] = queue.SimpleQueue()
    seen: set[str] = set()
    for one in objects:
        path = _place(folder, one, made)
        if unzip and path.endswith(".gz"):
            path = path[:-3]
        if path in seen or path in made:
            raise _clash(one)
        seen.add(path)
        work.put((one, path))
    here = all(one.item.path for one in objects)
    threads = 1 if here else min(DOWNLOAD_THREADS, len(objects))
    _in_threads(threads, lambda mine: _fetch_some(work, mine, unzip), source)


def _in_threads(count: int, run: Callable[[ObjectSource], None], source: ObjectSource) -> None:
    """Calls ``run`` in ``count`` threads. Raises the first exception of a thread."""
    if count <= 1:
        run(source)
        return
    errors: list[BaseException] = []

    def guarded() -> None:
        mine = source.fork()
        try:
            run(mine)
        except (HostError, OSError) as error:
            errors.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=guarded, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def _fetch_some(work: queue.SimpleQueue[tuple[Staged, str]], source: ObjectSource, unzip: bool) -> None:
    while True:
        try:
            one, path = work.get_nowait()
        except queue.Empty:
            return
        try:
            with open(path, "xb") as file:
                _fetch(one, file, source, unzip)
        except (FileExistsError, IsADirectoryError) as error:
            raise _clash(one) from error


def _fetch(one: Staged, file: BinaryIO, source: ObjectSource, unzip: bool) -> None:
    gunzip = Gunzip() if unzip else None

    def take(piece: bytes) -> None:
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

    def feed(self, data: bytes) -> Iterator[bytes]:
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
            raise _clash(one) from error
        while parent not in made and len(parent) >= len(str(folder)):
            made.add(parent)
            parent = os.path.dirname(parent)
    return path


def _clash(one: Staged) -> ClientError:
    return ClientError(
        f"Data download failed: {one.uri} can't become a file, because another object of the channel needs "
        "the same path as a file or as a folder. Remove or rename one of the two."
    )
