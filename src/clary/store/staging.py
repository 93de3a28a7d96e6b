"""Uploaded content that no row names yet: hashed, and in memory while it is small, else in a sink."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from . import checksums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.engine import Connection


class Sink(Protocol):
    """Where large content goes: a file, or the S3 behind Clary. For one thread at a time.

    blob: its name in rows, known once it is finished. position: where it begins in that blob, in bytes.
    """

    blob: str
    position: int

    def append(self, data: bytes | bytearray | memoryview) -> None:
        """Takes the next bytes, and keeps no reference to them."""

    def finish(self) -> None:
        """Returns when everything appended is durable."""

    def settle(self, connection: Connection) -> None:
        """Is called in the transaction whose rows name the content. May raise to refuse that."""

    def kept(self) -> None:
        """Is called after that transaction."""

    def discard(self) -> None:
        """Removes what was appended; no row names it."""


@dataclass(slots=True)
class StagedBlob:
    """Content that waits for its row: durable in a sink, or small and in memory.

    blob: the name of the content; empty for ``content`` in memory. position: its beginning in that blob, in
    bytes. checksums: base64 by algorithm. sink: None for content in memory.
    It is either stored (``settle`` in the transaction, then ``kept``) or discarded; a second call of either
    has no effect.
    """

    blob: str
    position: int
    size: int
    md5: bytes
    checksums: dict[str, str]
    content: bytes = field(repr=False)
    sink: Sink | None = field(repr=False)
    _open: bool = True

    @property
    def etag(self) -> str:
        """The MD5 of the content in hexadecimal, without quotes."""
        return self.md5.hex()

    def settle(self, connection: Connection) -> None:
        if self.sink is not None:
            self.sink.settle(connection)

    def kept(self) -> None:
        if self._open:
            self._open = False
            if self.sink is not None:
                self.sink.kept()

    def discard(self) -> None:
        if self._open:
            self._open = False
            if self.sink is not None:
                self.sink.discard()


class BlobWriter:
    """Writes content in pieces. For one thread at a time; ended by ``finish`` or ``discard``."""

    def __init__(
        self,
        open_sink: Callable[[], Sink],
        algorithms: Iterable[str] = (),
        *,
        small_bytes: int = -1,
        limit_bytes: int | None = None,
    ) -> None:
        """open_sink: called once there are more than ``small_bytes``; -1: at once, also for no content.

        Up to ``small_bytes`` the content is kept in memory.
        """
        self.size = 0
        self._open_sink = open_sink
        self._sink = open_sink() if small_bytes < 0 else None
        self._small_bytes = small_bytes
        self._content = bytearray()
        self._limit = limit_bytes
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._checksums = {algorithm: checksums.start(algorithm) for algorithm in algorithms}
        self._closed = False

    def write(self, data: bytes | memoryview) -> None:
        if self._limit is not None and self.size + len(data) > self._limit:
            raise ValueError(f"more than the {self._limit} bytes that were announced")
        self._md5.update(data)
        for checksum in self._checksums.values():
            checksum.update(data)
        if self._sink is None:
            if self.size + len(data) <= self._small_bytes:
                self._content += data
                self.size += len(data)
                return
            self._sink = self._open_sink()
            self._sink.append(self._content)
            self._content = bytearray()
        self._sink.append(data)
        self.size += len(data)

    def digest(self, algorithm: str) -> bytes:
        """Returns the checksum of what was written so far. algorithm: one of those of the writer."""
        return self._checksums[algorithm].digest()

    def finish(self) -> StagedBlob:
        """Makes the content durable, unless it is in memory: then its row does."""
        if self._sink is not None:
            self._sink.finish()
        self._closed = True
        return StagedBlob(
            blob="" if self._sink is None else self._sink.blob,
            position=0 if self._sink is None else self._sink.position,
            size=self.size,
            md5=self._md5.digest(),
            checksums={name: checksums.encode(value.digest()) for name, value in self._checksums.items()},
            content=bytes(self._content),
            sink=self._sink,
        )

    def discard(self) -> None:
        if not self._closed:
            self._closed = True
            if self._sink is not None:
                self._sink.discard()
