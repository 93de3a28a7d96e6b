"""Input channels as user code finds them under /opt/ml/input/data.

same machine    stored objects appear as hard links in a folder that is mounted read-only: no byte is
                copied, and a job can't change a stored object. A small channel is copied instead and is
                writable, because drivers of the SDK chmod and patch their own scripts there
other machine   parallel downloads; a channel that is not small is kept in the cache of its node, and linked
Pipe            a FIFO for each epoch (pipe.py)
FastFile        on another machine: mounted, and fetched as it is read (fast_file.py); else like File
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..client.s3 import S3Uri
from ..errors import ClientError
from .fetching import Staged, fetch_all, fetch_cached, link_all
from .keys import relative_to_prefix, safe_path
from .node_cache import NodeCache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clary.domain.hosts import ChannelSpec

    from ..client.objects import ObjectSource
    from ..client.s3 import Listed
    from ..layout import Layout
    from .fast_file import FastFiles

SMALL_CHANNEL_BYTES = 16 << 20
SMALL_CHANNEL_OBJECTS = 256
MANIFEST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class ChannelFiles:
    """A staged channel.

    read_only: a folder to mount over that of the channel; None when the files are in /opt/ml already.
    """

    name: str
    read_only: Path | None = None
    objects: tuple[Staged, ...] = field(default=())


def stage_files(
    spec: ChannelSpec,
    layout: Layout,
    source: ObjectSource,
    *,
    links: bool,
    fast_files: FastFiles | None = None,
) -> ChannelFiles:
    """Stages a File or FastFile channel. links: hard links are safe, as the sandbox mounts them read-only.

    fast_files: mounts FastFile channels; without it they are staged like File. Raises
    ClientError, and OSError (no space left among them).
    """
    inside = layout.ml / "input/data" / safe_path(spec.name, spec.name)
    return stage_into(spec, inside, layout.channels / spec.name, source, links=links, fast_files=fast_files)


def stage_into(
    spec: ChannelSpec,
    inside: Path,
    apart: Path,
    source: ObjectSource,
    *,
    links: bool,
    fast_files: FastFiles | None = None,
) -> ChannelFiles:
    """Stages a channel as ``stage_files`` does. inside: its folder in /opt/ml.

    apart: a folder for hard links.
    """
    objects = channel_objects(spec, source)
    plain = spec.compression != "Gzip"
    small = (
        len(objects) <= SMALL_CHANNEL_OBJECTS
        and sum(one.item.size_bytes for one in objects) <= SMALL_CHANNEL_BYTES
    )
    inside.mkdir(parents=True, exist_ok=True)
    if links and plain and not small and all(one.item.path for one in objects):
        apart.mkdir(parents=True, exist_ok=True)
        if link_all(objects, apart):
            return ChannelFiles(spec.name, apart, tuple(objects))
    if fast_files is not None and spec.mode == "FastFile" and plain and not small:
        place = apart if links else inside
        place.mkdir(parents=True, exist_ok=True)
        if fast_files.provide(spec.title, objects, place, source):
            return ChannelFiles(spec.name, apart if links else None, tuple(objects))
    if links and plain and not small:
        cache = NodeCache.of_node(os.environ, source.server)
        apart.mkdir(parents=True, exist_ok=True)
        if cache is not None and cache.takes((one.item for one in objects), apart):
            fetch_cached(objects, apart, source, cache)
            return ChannelFiles(spec.name, apart, tuple(objects))
    fetch_all(objects, inside, source, unzip=not plain)
    return ChannelFiles(spec.name, None, tuple(objects))


def channel_objects(spec: ChannelSpec, source: ObjectSource) -> list[Staged]:
    """Returns the objects of a channel that this host gets, by key.

    Raises ClientError when there are none.
    """
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

    def take(piece: bytes | memoryview) -> None:
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
