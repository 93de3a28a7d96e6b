"""Reads the body of one request, and limits the memory that all bodies take together.

announced ──► pieces ──► complete, in memory that is counted for all requests together
                 └─────► left: the response was sent first, and the client is still sending
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest, PlatformError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping

    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MEMORY_BYTES = 256 << 20
"""The limit for all bodies in memory together."""
LEAVE_S = 5.0
LEAVE_BYTES = 64 << 20
"""For how long, and how much, an unwanted body is read, so that its client reaches the point of reading."""
KEPT_BYTES = 1 << 20
"""If less than this is missing, reading it costs less than a new connection."""


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class Memory:
    """A limit on the memory of all requests together. For the thread of the event loop only."""

    def __init__(self, limit_bytes: int = MEMORY_BYTES) -> None:
        self._left_bytes = limit_bytes

    def take(self, size_bytes: int) -> None:
        """Raises PlatformError (503, which clients retry) when the limit is reached."""
        if size_bytes > self._left_bytes:
            raise PlatformError(
                "the server holds as many bytes of requests as it can; try again",
                code="ServiceUnavailable",
                http_status=503,
            )
        self._left_bytes -= size_bytes

    def give_back(self, size_bytes: int) -> None:
        self._left_bytes += size_bytes


class Incoming:
    """The body of one request. ``release`` has to be called when the request is over."""

    def __init__(self, headers: Mapping[str, str], receive: Receive, memory: Memory) -> None:
        self._receive = receive
        self._memory = memory
        self._held_bytes = 0
        self._came_bytes = 0
        length = headers.get("content-length", "")
        self._announced = int(length) if length.isascii() and length.isdigit() else None
        self._expected = "expect" in headers
        self.complete = self._announced in (None, 0) and "transfer-encoding" not in headers
        """Whether the whole body has arrived."""

    def is_at_most(self, size_bytes: int) -> bool:
        """Whether the headers say so. ``read`` measures what arrives all the same."""
        return self.complete or (self._announced is not None and self._announced <= size_bytes)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields the body as it comes. Raises ClientGone."""
        while True:
            if piece := await self._next():
                yield piece
            if self.complete:
                return

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        self.complete = not message.get("more_body", False)
        self._came_bytes += len(piece)
        return piece

    async def read(self, limit_bytes: int) -> bytes:
        """Returns all of it. Raises ClientGone, and BadRequest as soon as it is known to be larger."""
        if self._announced is not None and self._announced > limit_bytes:
            raise _too_large(limit_bytes)
        pieces = []
        while True:
            piece = await self._next()
            if self._came_bytes > limit_bytes:
                raise _too_large(limit_bytes)
            self._memory.take(len(piece))
            self._held_bytes += len(piece)
            pieces.append(piece)
            if self.complete:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def release(self) -> None:
        self._memory.give_back(self._held_bytes)
        self._held_bytes = 0

    async def gone(self) -> None:
        """Waits until the client has closed the connection. Only for a request whose body is complete."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    @property
    def closes(self) -> bool:
        """Whether the connection has to close after a response that precedes the end of the body."""
        if self.complete:
            return False
        if self._announced is None or (self._expected and self._came_bytes == 0):
            # A client that waits for 100-continue sends no body after an error; its next request would be
            # read as that body.
            return True
        return self._announced - self._came_bytes > KEPT_BYTES

    async def leave(self) -> None:
        """Reads and drops the rest of the body for a while: a client reads no response before."""
        if self.complete or (self._expected and self._came_bytes == 0):
            return
        left_bytes = 0
        try:
            async with asyncio.timeout(LEAVE_S):
                async for piece in self.pieces():
                    left_bytes += len(piece)
                    if left_bytes > LEAVE_BYTES:
                        return
        except (TimeoutError, ClientGone):
            return


def _too_large(limit_bytes: int) -> BadRequest:
    return BadRequest(
        f"the body is larger than {limit_bytes} bytes, the most that this operation takes",
        code="RequestEntityTooLarge",
        http_status=413,
    )
