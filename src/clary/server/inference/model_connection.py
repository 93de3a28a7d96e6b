"""One HTTP/1.1 connection to a model server: one exchange at a time, parsed by httptools.

    send ──> head ──> piece, piece ... b"" ──> send (if the server keeps the connection)

A general client would cost more than the rest of a request: an exchange with a model server takes 37 us of
CPU here, and 150 in aiohttp's client (``docs/dev/measurements.md``).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import httptools

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD_BYTES = 64 << 10
"""The limit of a response without its body: head, chunk extensions, trailers."""
BUFFERED_BYTES = 256 << 10
"""With so much of a body unread, nothing more is read from the socket."""


class ModelGone(ConnectionError):
    """The model server ended the connection, or did not speak HTTP.

    untouched: not one byte of an answer had come.
    """

    def __init__(self, message: str, *, untouched: bool) -> None:
        super().__init__(message)
        self.untouched = untouched


@dataclass(frozen=True, slots=True)
class ModelHead:
    """The head of a response. headers: lower-case names; of a repeated header the last value."""

    status: int
    headers: Mapping[str, str]

    @property
    def length(self) -> int | None:
        """The size of the body, where the server announced it."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() else None


class ModelConnection(asyncio.Protocol):
    """A connection. Use it in one task at a time, on the loop it was made on."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = cast("asyncio.Transport", None)
        self._parser = httptools.HttpResponseParser(self)
        self._head: asyncio.Future[ModelHead] | None = None
        self._more: asyncio.Future[None] | None = None
        self._headers: dict[str, str] = {}
        self._pieces: deque[bytes] = deque()
        self._buffered_bytes = self._quiet_bytes = 0
        self._status = 0
        self._ended: ModelGone | None = None
        self._complete = True
        self._paused = self._keeps = self._closed = False
        self._writable: asyncio.Future[None] | None = None
        """Of a socket that takes nothing now: done when it does."""
        self._keeps_sending = True
        """Whether the server has got all that was announced."""
        self.idle_since = 0.0
        """Time of the loop at which its last exchange ended."""

    def send(self, head: bytes, body: bytes) -> None:
        """Begins an exchange. Call it only when the one before is complete."""
        self._head = self._loop.create_future()
        self._headers, self._status = {}, 0
        self._pieces.clear()
        self._buffered_bytes = self._quiet_bytes = 0
        self._complete = self._keeps = False
        if self._ended is None:
            self._transport.writelines([head, body])
        else:
            self._fail(self._ended)

    async def send_more(self, data: bytes) -> bool:
        """Sends a part of an announced body, and waits while the server does not read.

        Returns False when the rest is not wanted: the server has answered already, or is gone.
        """
        # What has come meanwhile is seen only when the loop has a turn.
        await asyncio.sleep(0)
        if self._head is None or self._head.done() or self.is_closed:
            self._keeps_sending = False
            return False
        self._transport.write(data)
        if self._writable is not None:
            either: set[asyncio.Future[Any]] = {self._writable, self._head}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return True

    async def head(self) -> ModelHead:
        """Waits for the head of the response. Raises ModelGone."""
        assert self._head is not None
        return await self._head

    async def piece(self) -> bytes:
        """Returns the next bytes of the body, b"" after the last. Raises ModelGone when it is cut off."""
        while not self._pieces:
            if self._complete:
                return b""
            if self._ended is not None:
                raise self._ended
            self._more = self._loop.create_future()
            await self._more
        piece = self._pieces.popleft()
        self._buffered_bytes -= len(piece)
        if self._paused and self._buffered_bytes < BUFFERED_BYTES:
            self._paused = False
            self._transport.resume_reading()
        return piece

    @property
    def has_piece(self) -> bool:
        """Whether ``piece`` returns at once."""
        return bool(self._pieces) or self._complete

    @property
    def is_read(self) -> bool:
        """Whether the whole response has come and been taken."""
        return self._complete and not self._pieces

    @property
    def is_reusable(self) -> bool:
        """Whether another exchange may follow."""
        return self._complete and self._keeps and self._keeps_sending and not self.is_closed

    @property
    def is_closed(self) -> bool:
        return self._closed or self._transport.is_closing()

    def close(self) -> None:
        """Closes it at once; an exchange that is not complete is given up."""
        self._closed = True
        self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._complete:
            # Nobody asked: the server says something by itself, such as 408 before it closes.
            self.close()
            return
        self._quiet_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._break("the container wants to upgrade the connection")
        except httptools.HttpParserError as error:
            if self._complete:
                self.close()  # The answer is good; what follows it is not.
            else:
                self._break(f"the container does not answer in HTTP/1.1: {error}")
        else:
            if self._quiet_bytes > HEAD_BYTES and not self._complete:
                self._break(f"the container's answer has a head of more than {HEAD_BYTES} bytes")
            elif self._buffered_bytes >= BUFFERED_BYTES and not self._paused and not self._complete:
                self._paused = True
                self._transport.pause_reading()
        self._wake()

    def connection_lost(self, _error: Exception | None) -> None:
        self._closed = True
        if self._complete:
            return
        if self._status and not {"content-length", "transfer-encoding"} & self._headers.keys():
            # The end of the connection is the end of such a body.
            self._complete = True
            self._wake()
        else:
            self._fail(ModelGone("the container closed the connection", untouched=self._quiet_bytes == 0))

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._complete:
            raise ValueError("a second response to one request")
        self._headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:
            self._status = status
            self._keeps = self._parser.should_keep_alive()
            self._quiet_bytes = 1

    def on_body(self, body: bytes) -> None:
        self._quiet_bytes = 1
        self._buffered_bytes += len(body)
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        # An informational response (100 Continue) precedes the real one.
        if self._status:
            self._complete = True

    def _wake(self) -> None:
        """Tells whoever waits for what has come. Called once for all that came together."""
        if self._status and self._head is not None and not self._head.done():
            self._head.set_result(ModelHead(self._status, self._headers))
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def _break(self, message: str) -> None:
        self._fail(ModelGone(message, untouched=False))
        self.close()

    def _fail(self, gone: ModelGone) -> None:
        self._ended = gone
        if self._head is not None and not self._head.done():
            self._head.set_exception(gone)
            # Nobody may wait for it any more: its request has been given up.
            self._head.exception()
        if self._more is not None and not self._more.done():
            self._more.set_result(None)
