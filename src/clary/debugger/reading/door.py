"""Asks the server for objects of the job that the present question is about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .channel import Channel

TENSORS, PROFILE = "tensors", "profile"
"""Places."""


class Refused(Exception):
    """The server gives no object: the caller may not read it, or the time is up. The server knows why."""


class ObjectEntry(NamedTuple):
    path: str
    size: int
    etag: str


class Opened(NamedTuple):
    """content: of a small object; else None, and ``fd`` is its file, for the receiver to close."""

    content: bytes | None
    fd: int
    size: int


class Door:
    """Paths are relative to a place. Raises Refused."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def list(self, place: str, folder: str = "", after: str = "") -> Iterator[ObjectEntry]:
        """Objects whose paths begin with ``folder``, in byte order; those after a path."""
        while True:
            self._channel.send({"List": place, "Folder": folder, "After": after})
            answer = self._channel.receive().document
            _check(answer)
            for path, size, etag in answer["Objects"]:
                yield ObjectEntry(path, size, etag)
            if not answer["Next"]:
                return
            after = answer["Next"]

    def open(self, place: str, path: str) -> Opened:
        """Raises FileNotFoundError too."""
        self._channel.send({"Open": place, "Path": path})
        message = self._channel.receive()
        _check(message.document)
        if "Missing" in message.document:
            raise FileNotFoundError(path)
        content = message.content if message.fd < 0 else None
        return Opened(content, message.fd, message.document["Size"])

    def read(self, place: str, path: str, most_bytes: int) -> bytes:
        """The content of a small object. Raises ValueError for a larger one, FileNotFoundError."""
        content, fd, size = self.open(place, path)
        if content is not None:
            return content
        with os.fdopen(fd, "rb") as file:
            if size > most_bytes:
                raise ValueError(f"{path} has {size:,} bytes; at most {most_bytes:,} are read")
            return file.read()


def _check(document: dict[str, Any]) -> None:
    if "Refused" in document:
        raise Refused
