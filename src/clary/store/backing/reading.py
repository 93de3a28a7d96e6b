"""Reads content of another S3 as a stream of bytes, which goes on where a connection was lost."""

from __future__ import annotations

import contextlib
import time
from typing import IO, TYPE_CHECKING, Protocol

from .failures import BackingUnavailable

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

TRIES = 4
"""For one piece. A request of its own is tried again by botocore; this is for streams that break."""


class RangeSource(Protocol):
    """One content that another S3 has. place: where, for errors. All methods raise BackingError."""

    @property
    def place(self) -> str: ...

    def reading(self) -> AbstractContextManager[None]:
        """This server does not remove the content in the block."""

    def read(self, first: int, last: int) -> IO[bytes]:
        """Returns a stream of the bytes from ``first`` to ``last``, both included. Reading it may raise."""

    def file(self) -> int:
        """Returns a descriptor of a file with the whole content, which the caller closes. Raises OSError."""


class BackingReader:
    """One content. Reading in order is one request. For one thread at a time.

    The content is not removed by this server before ``close``.
    """

    def __init__(self, source: RangeSource, size: int) -> None:
        self._source = source
        self._size = size
        self._end = size
        self._position = 0
        self._stream: IO[bytes] | None = None
        self._held = contextlib.ExitStack()
        self._held.enter_context(source.reading())
        self.is_open = True

    def expect(self, offset: int, length: int) -> None:
        """Says what will be read, so that no more is asked for."""
        self._end = min(offset + length, self._size)

    def read(self, limit_bytes: int, offset: int) -> bytes:
        """Returns at most ``limit_bytes`` from ``offset`` on; empty behind the end. Raises BackingError."""
        if offset >= self._size or limit_bytes <= 0:
            return b""
        for attempt in range(TRIES):
            if self._stream is None or self._position != offset:
                self._open(offset, limit_bytes)
            assert self._stream is not None
            try:
                piece = self._stream.read(min(limit_bytes, self._end - offset))
            except Exception as error:
                # botocore passes on whatever urllib3 raises.
                self._let_go()
                trouble: Exception | None = error
            else:
                if piece:
                    self._position += len(piece)
                    if self._position >= self._end:
                        self._let_go(used_up=True)
                    return piece
                self._let_go()
                trouble = None
            time.sleep(0.1 * 2**attempt)
        words = "it ends early" if trouble is None else f"{type(trouble).__name__}: {trouble}"
        raise BackingUnavailable(
            f"the S3 {self._source.place} breaks off in its answers ({words:.200})"
        ) from trouble

    def file(self) -> int:
        """Returns a descriptor of a file with the whole content, which the caller closes."""
        return self._source.file()

    def close(self) -> None:
        self.is_open = False
        self._let_go()
        self._held.close()

    def _open(self, offset: int, limit_bytes: int) -> None:
        self._let_go()
        if offset >= self._end:
            self._end = min(offset + limit_bytes, self._size)
        self._stream = self._source.read(offset, self._end - 1)
        self._position = offset

    def _let_go(self, *, used_up: bool = False) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        with contextlib.suppress(Exception):
            if used_up:
                # Its connection goes back to the pool with the end of the answer.
                stream.read(1)
            stream.close()
