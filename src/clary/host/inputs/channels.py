"""Input channels as user code finds them under /opt/ml/input/data.

one machine     stored objects appear as hard links in a folder that is mounted read-only: no byte is
                copied, and nothing a job does can change a stored object. A small channel is copied
                instead, and may be written to, because drivers chmod and patch their own scripts there
elsewhere       parallel downloads
Pipe            a FIFO for each epoch (pipe.py)
"""

from __future__ import annotations

import json
import os
import queue
import threading
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from ..client.s3 import Listed, S3Uri
from ..errors import ClientError, HostError, out_of_space
from ..removal import remove_tree
from .keys import relative_to_prefix, safe_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from clary.domain.hosts import ChannelSpec

    from ..client.objects import ObjectSource
    from ..layout import Layout

SMALL_CHANNEL_BYTES = 16 << 20
SMALL_CHANNEL_OBJECTS = 256
DOWNLOAD_THREADS = 8
PIECE_BYTES = 1 << 20
MANIFEST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Staged:
    """One object and the path it gets in its channel."""

    bucket: str
    item: Listed
    relative: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.item.key}"


@dataclass(frozen=True, slots=True)
class ChannelFiles:
    """read_only: a folder outside to mount over the channel's own; None when the files are in /opt/ml."""

    name: str
    read_only: Path | None = None
    objects: tuple[Staged, ...] = field(default=())


def stage_files(spec: ChannelSpec, layout: Layout, source: ObjectSource, *, links: bool) -> ChannelFiles:
    """Stages a File or FastFile channel. links: the sandbox mounts them read-only, so they are safe.

    Raises ClientError, and OSError (no space left among them).
    """
    inside = layout.ml / "input/data" / safe_path(spec.name, spec.name)
    return stage_into(spec, inside, layout.channels / spec.name, source, links=links)


def stage_into(
    spec: ChannelSpec, inside: Path, apart: Path, source: ObjectSource, *, links: bool
) -> ChannelFiles:
    """As ``stage_files``. inside: the folder that user code finds. apart: where links may be made instead."""
    objects = channel_objects(spec, source)
    plain = spec.compression != "Gzip"
    small = (
        len(objects) <= SMALL_CHANNEL_OBJECTS
        and sum(one.item.size_bytes for one in objects) <= SMALL_CHANNEL_BYTES
    )
    linked = links and plain and not small and all(one.item.path for one in objects)
    folder = apart if linked else inside
    folder.mkdir(parents=True, exist_ok=True)
    if linked:
        linked = _link_all(objects, folder, inside)
        folder = folder if linked else inside
    if not linked:
        inside.mkdir(parents=True, exist_ok=True)
        _fetch_all(objects, folder, source, unzip=not plain)
        return ChannelFiles(spec.name, None, tuple(objects))
    inside.mkdir(parents=True, exist_ok=True)
    return ChannelFiles(spec.name, folder, tuple(objects))


def channel_objects(spec: ChannelSpec, source: ObjectSource) -> list[Staged]:
    """What this host gets of a channel, in key order. Raises ClientError when there is nothing at all."""
    try:
        uri = S3Uri.parse(spec.uri)
    except ValueError as error:
        raise ClientError(f"Data download failed for {spec.title}: {error}") from error
    if spec.data_type == "ManifestFile":
        objects = list(_manifest_objects(uri, source))
    else:
        objects = [
            Staged(uri.bucket, item, relative_to_prefix(item.key, uri.key))
            for item in source.under(uri)
            if not _is_folder_marker(item)
        ]
    if not objects:
        raise ClientError(
            f"Data download failed: no objects under {spec.uri} ({spec.title}). "
            "Check the bucket and the prefix, and that the data was uploaded."
        )
    if spec.shard is not None:
        index, count = spec.shard
        objects = objects[index::count]
    return objects


def fetch_all(objects: Sequence[Staged], folder: Path, source: ObjectSource) -> None:
    """Copies objects into ``folder``, which is ours alone; raises ClientError and OSError."""
    _fetch_all(objects, folder, source, unzip=False)


def _manifest_objects(uri: S3Uri, source: ObjectSource) -> Iterator[Staged]:
    prefix, names = _manifest(uri, source)
    try:
        base = S3Uri.parse(prefix)
    except ValueError as error:
        raise ClientError(f"Data download failed: the prefix of the manifest {uri}: {error}") from error
    keys = [base.key + name for name in names]
    found = {item.key: item for item in source.named(base.bucket, keys, base)}
    for key, name in zip(keys, names, strict=True):
        if key not in found:
            raise ClientError(
                f"Data download failed: the manifest {uri} names s3://{base.bucket}/{key}, "
                "which does not exist."
            )
        yield Staged(base.bucket, found[key], name.lstrip("/"))


def _manifest(uri: S3Uri, source: ObjectSource) -> tuple[str, list[str]]:
    items = source.named(uri.bucket, [uri.key], uri)
    if not items:
        raise ClientError(f"Data download failed: the manifest {uri} does not exist.")
    content = bytearray()

    def take(piece: bytes) -> None:
        if len(content) + len(piece) > MANIFEST_BYTES:
            raise ClientError(
                f"Data download failed: the manifest {uri} is larger than {MANIFEST_BYTES} bytes."
            )
        content.extend(piece)

    source.read(uri.bucket, items[0], take, content.clear)
    try:
        head, *names = json.loads(content)
        if not all(isinstance(name, str) for name in (head["prefix"], *names)):
            raise ValueError("an entry is not a string")
        return head["prefix"], names
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ClientError(
            f"Data download failed: {uri} is not a manifest ({error}). "
            'It should look like [{"prefix": "s3://bucket/folder/"}, "file-1", "file-2"].'
        ) from error


def _is_folder_marker(item: Listed) -> bool:
    return item.key.endswith("/") and item.size_bytes <= 0


def _link_all(objects: Sequence[Staged], folder: Path, instead: Path) -> bool:
    """Hard links; False (with ``folder`` emptied) when the objects lie on another file system."""
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


def _fetch_all(objects: Sequence[Staged], folder: Path, source: ObjectSource, *, unzip: bool) -> None:
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
    """Runs in ``count`` threads and raises what one of them raised."""
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
    """Decompresses a stream of one or more gzip members."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._member = zlib.decompressobj(31)
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """In pieces: one megabyte may become a thousand. Raises zlib.error when it is not gzip."""
        while data:
            self._started = True
            yield self._member.decompress(data, PIECE_BYTES)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if self._member.eof:
                self._member = zlib.decompressobj(31)
                self._started = bool(data)

    def end(self) -> None:
        """Raises EOFError when the stream stops inside a member."""
        if self._started:
            raise EOFError("it ends early")


def _place(folder: Path, one: Staged, made: set[str]) -> str:
    """The path for one object, with its folders made (those already made are in ``made``)."""
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
