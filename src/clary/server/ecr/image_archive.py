"""The archive of one pushed image, as `docker save` makes it, read from the registry server piece by piece.

    <config>.json   <layer>/layer.tar ...   manifest.json

Layers stay compressed as they were pushed: engines unpack them. Each is compared with its digest on the way.
"""

from __future__ import annotations

import hashlib
import json
import socket
import tarfile
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clary.domain.manifests import Content, Manifest

PIECE_BYTES = 1 << 20
SILENT_S = 60.0


class Unarchivable(Exception):
    """The registry server does not give what was pushed."""


def image_archive(
    path: str, repository: str, manifest: Manifest, name: str, on_bytes: Callable[[int], None]
) -> Iterator[bytes]:
    """Yields the archive. path: the socket of the registry server. on_bytes: called with each piece's size.

    Raises Unarchivable.
    """
    assert manifest.config is not None
    config = f"{_digits(manifest.config)}.json"
    yield from _file(path, repository, manifest.config, config, on_bytes)
    # A layer may be there twice; its file is there once.
    for layer in dict.fromkeys(manifest.layers):
        yield from _file(path, repository, layer, _layer_name(layer), on_bytes)
    listed = [{"Config": config, "RepoTags": [name], "Layers": list(map(_layer_name, manifest.layers))}]
    said = json.dumps(listed).encode()
    yield _head("manifest.json", len(said)) + said + _padding(len(said)) + bytes(2 * tarfile.BLOCKSIZE)


def _file(
    path: str, repository: str, content: Content, name: str, on_bytes: Callable[[int], None]
) -> Iterator[bytes]:
    yield _head(name, content.size_bytes)
    for piece in _blob(path, repository, content):
        on_bytes(len(piece))
        yield piece
    yield _padding(content.size_bytes)


def _blob(path: str, repository: str, content: Content) -> Iterator[bytes]:
    link = _RegistryHttp(path)
    digest, size_bytes = hashlib.sha256(), 0
    try:
        link.request("GET", f"/v2/{repository}/blobs/{content.digest}", headers={"Connection": "close"})
        answer = link.getresponse()
        if answer.status != 200:
            raise Unarchivable(f"{content.digest} is not in the registry (status {answer.status})")
        while piece := answer.read(PIECE_BYTES):
            digest.update(piece)
            size_bytes += len(piece)
            if size_bytes > content.size_bytes:
                break
            yield piece
    except (OSError, HTTPException) as error:
        raise Unarchivable(f"{content.digest} could not be read from the registry: {error}") from error
    finally:
        link.close()
    if size_bytes != content.size_bytes or f"sha256:{digest.hexdigest()}" != content.digest:
        raise Unarchivable(f"{content.digest} is not what was pushed: the registry has other bytes")


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


class _RegistryHttp(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("registry", timeout=SILENT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SILENT_S)
        self.sock.connect(self._path)
