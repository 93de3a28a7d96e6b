"""The archive of one pushed image, as `docker save` makes it, from pieces of its files.

    <config>.json   <layer>/layer.tar ...   manifest.json

Layers stay compressed as they were pushed: engines unpack them. Each is compared with its digest on the way.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clary.domain.manifests import Content, Manifest

    Read = Callable[[Content], Iterator[bytes]]

LOADED = "clary.local"


class Unarchivable(Exception):
    """The registry does not give what was pushed."""


def loaded_name(repository: str, digest: str) -> str:
    """Returns what engines call an image of ECR: ``clary.local/<repository>:<digits of the digest>``."""
    return f"{LOADED}/{repository}:{digest.partition(':')[2][:32]}"


def image_archive(
    read: Read, manifest: Manifest, name: str, on_bytes: Callable[[int], None]
) -> Iterator[bytes]:
    """Yields the archive. read: yields one file of the registry. on_bytes: called with each piece's size.

    Raises Unarchivable, and what ``read`` raises.
    """
    assert manifest.config is not None
    config = f"{_digits(manifest.config)}.json"
    yield from _file(read, manifest.config, config, on_bytes)
    # A layer may be there twice; its file is there once.
    for layer in dict.fromkeys(manifest.layers):
        yield from _file(read, layer, _layer_name(layer), on_bytes)
    listed = [{"Config": config, "RepoTags": [name], "Layers": list(map(_layer_name, manifest.layers))}]
    said = json.dumps(listed).encode()
    yield _head("manifest.json", len(said)) + said + _padding(len(said)) + bytes(2 * tarfile.BLOCKSIZE)


def _file(read: Read, content: Content, name: str, on_bytes: Callable[[int], None]) -> Iterator[bytes]:
    yield _head(name, content.size_bytes)
    digest, size_bytes = hashlib.sha256(), 0
    for piece in read(content):
        digest.update(piece)
        size_bytes += len(piece)
        if size_bytes > content.size_bytes:
            break
        on_bytes(len(piece))
        yield piece
    if size_bytes != content.size_bytes or f"sha256:{digest.hexdigest()}" != content.digest:
        raise Unarchivable(f"{content.digest} is not what was pushed: the registry has other bytes")
    yield _padding(content.size_bytes)


def _layer_name(layer: Content) -> str:
    return f"{_digits(layer)}/layer.tar"


def _digits(content: Content) -> str:
    return content.digest.partition(":")[2]


def _head(name: str, size_bytes: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size_bytes, 0o644
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size_bytes: int) -> bytes:
    return bytes(-size_bytes % tarfile.BLOCKSIZE)
