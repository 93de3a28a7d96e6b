"""The body of one request as it comes in: what was read of it, and what memory it takes.

announced ──► pieces ──► whole, in memory that is counted for all requests together
                 └─────► left: an answer came first, and the client is still sending
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest, PlatformError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping

    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MEMORY_BYTES = 256 << 20
"""What all bodies that are held at a time may take."""
LEAVE_S = 5.0
LEAVE_BYTES = 64 << 20
"""How long, and how much, is read of a body that nobody wants, so that its client gets to read the answer."""
KEPT_BYTES = 1 << 20
"""With less than this to come, reading it costs less than a new connection."""


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class Memory:
    """A bound on what all requests hold together. For the loop's thread."""

    def __init__(self, limit_bytes: int = MEMORY_BYTES) -> None:
        self._left_bytes = limit_bytes

    def take(self, size_bytes: int) -> None:
        """Raises PlatformError, which clients try again, when there is no more."""
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
    """One request's body. ``release`` has to be called when the request is over."""

    def __init__(self, headers: Mapping[str, str], receive: Receive, memory: Memory) -> None:
        self._receive = receive
        self._memory = memory
        self._held_bytes = 0
        self._came_bytes = 0
        length = headers.get("content-length", "")
        self._announced = int(length) if length.isascii() and length.isdigit() else None
        self._expected = "expect" in headers
        self.complete = self._announced in (None, 0) and "transfer-encoding" not in headers
        """Whether nothing more of it comes."""

    def is_at_most(self, size_bytes: int) -> bool:
        """Whether its client says so; what comes is measured all the same."""
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
        """Returns when the client has closed the connection. For a request that has no more body."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    @property
    def closes(self) -> bool:
        """Whether the connection has to be closed after an answer that comes before all of the body."""
        if self.complete:
            return False
        if self._announced is None or (self._expected and self._came_bytes == 0):
            # A client that waits for 100-continue skips its body when it is refused; what it sends next
            # would be read as that body.
            return True
        return self._announced - self._came_bytes > KEPT_BYTES

    async def leave(self) -> None:
        """Lets the client send what it is sending, for a while: it reads no answer before."""
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
