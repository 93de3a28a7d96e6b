"""Reads the files of an image from the registry server of this machine."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from clary.compute.image_archive import Unarchivable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.domain.manifests import Content

PIECE_BYTES = 1 << 20
SILENT_S = 60.0


def stored_file(path: str, repository: str, content: Content) -> Iterator[bytes]:
    """Yields a layer or a configuration. path: the socket of the registry server. Raises Unarchivable."""
    link = _RegistryHttp(path)
    try:
        link.request("GET", f"/v2/{repository}/blobs/{content.digest}", headers={"Connection": "close"})
        answer = link.getresponse()
        if answer.status != 200:
            raise Unarchivable(f"{content.digest} is not in the registry (status {answer.status})")
        while piece := answer.read(PIECE_BYTES):
            yield piece
    except (OSError, HTTPException) as error:
        raise Unarchivable(f"{content.digest} could not be read from the registry: {error}") from error
    finally:
        link.close()


class _RegistryHttp(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("registry", timeout=SILENT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SILENT_S)
        self.sock.connect(self._path)
