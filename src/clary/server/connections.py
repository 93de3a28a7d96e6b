"""HTTP connections with limits, so that no client can take much memory or time of the server.

uvicorn and httptools parse without limits. A connection is refused here, with an error in the protocol of its
client, as soon as

    its head is too large            request line, all of the head, number of headers
    it pipelines too much            more than PIPELINED requests wait for the current one
    its chunks are mostly framing    chunks of one byte, or an endless chunk extension
    it makes no progress             in the head, in the body, or in reading the response

    connected ──► HEAD ──► BODY ──► (the server works) ──► READ ──► idle ──► HEAD ...

Time counts only while the server waits for the client, not while the server works or has paused reading.
"""

from __future__ import annotations

import logging
from enum import Enum
from typing import TYPE_CHECKING

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from clary.domain.errors import BadRequest
from clary.server.connection_room import make_room, max_connections
from clary.server.one_packet import OnePacket
from clary.server.request_id import new_request_id
from clary.wire import codec
from clary.wire.http import HttpRequest
from clary.wire.route import guess_service

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from clary.domain.errors import PlatformError

log = logging.getLogger("clary.server")

REQUEST_LINE_BYTES = 32 << 10
"""A presigned URL with a session token has about 4 KiB."""
HEAD_BYTES = 64 << 10
"""The limit of bytes without payload: a head, a chunk extension, trailers. Checked after each slice."""
HEADERS = 1_000
"""S3 allows 2 KB of metadata, which can be 500 headers."""
PIPELINED = 32
SMALL_CHUNKS = 1_000
"""This many chunks may be of any size; with more, their average has to be SMALL_CHUNK_BYTES."""
SMALL_CHUNK_BYTES = 64
SLICE_BYTES = 16 << 10
"""How much of a head is parsed between two checks of its size."""

HEAD_S = 30.0
BODY_S = 30.0
"""Within each such period at least MOVED_BYTES of the body have to arrive."""
READ_S = 60.0
"""Within each such period the client has to read at least MOVED_BYTES of the response."""
LEAVE_S = 5.0
"""How long a client may go on sending after its response, and may take to close a refused connection."""
MOVED_BYTES = 16 << 10
LEFT_BYTES = 64 << 20
"""How much of a refused request is read and dropped, so that its client reaches the point of reading."""


class Turn(Enum):
    """What the server waits for from the client."""

    HEAD = "send the head of a request"
    BODY = "send the body of a request"
    READ = "read the answer"
    LEAVE = "end what it sends, or close the connection"
    NOTHING = "wait"


_SECONDS = {Turn.HEAD: HEAD_S, Turn.BODY: BODY_S, Turn.READ: READ_S, Turn.LEAVE: LEAVE_S}
_ONCE = (Turn.HEAD, Turn.LEAVE)
"""These have to be complete within their time; for the others, progress is enough."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. ``look`` has to be called regularly: see ``connection_room.watch``."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._refused = False
        self._left_bytes = 0
        """Bytes received after the refusal."""
        self._whole_head = False
        """Whether the parser is between a head and the end of its body."""
        self._messages = 0
        self._body_bytes = self._chunks = 0
        """Of the present message."""
        self.url = b""
        self._quiet_bytes = 0
        """Bytes received since the last byte of payload."""
        self._arrived_bytes = self._resumed = 0
        """Of the whole connection."""
        self._mark = (Turn.HEAD, 0, 0)
        self._marked_at = self.loop.time()
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > max_connections() and not make_room(self.connections, self):
            self._refuse("SlowDown", "the server has as many connections as it can keep; try again", 503)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            self._left_bytes += len(data)
            if self._left_bytes > LEFT_BYTES:
                self.transport.abort()
            return
        if self._whole_head or len(data) <= SLICE_BYTES:
            self._feed(data)
            return
        for start in range(0, len(data), SLICE_BYTES):
            if self._refused or self.transport.is_closing():
                return
            self._feed(data[start : start + SLICE_BYTES])

    def _feed(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._quiet_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            if isinstance(error.__context__, _Refusal):
                self._refuse(*error.__context__.args)
            elif isinstance(error, httptools.HttpParserInvalidURLError):
                self._refuse(
                    "InvalidURI", "Couldn't parse the URI: what is no ASCII has to be percent-encoded"
                )
            else:
                self._refuse("BadRequest", "this is not HTTP/1.1")
        else:
            if self._quiet_bytes > HEAD_BYTES:
                too_long = not self._whole_head and len(self.url) > REQUEST_LINE_BYTES
                self._refuse(*(_too_long_line() if too_long else _too_large_head()))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._messages += 1
        self._quiet_bytes = self._body_bytes = self._chunks = 0

    def on_headers_complete(self) -> None:
        if len(self.url) > REQUEST_LINE_BYTES:
            raise _Refusal(*_too_long_line())
        if len(self.headers) > HEADERS:
            raise _Refusal(*_too_large_head())
        self._whole_head = True
        self._quiet_bytes = 0
        if len(self.pipeline) >= PIPELINED:
            raise _Refusal("BadRequest", f"more than {PIPELINED} requests wait on this connection")
        if self.parser.should_upgrade():
            raise _Refusal("BadRequest", "the server speaks HTTP/1.1 only; send the request without Upgrade")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._quiet_bytes = 0
        self._body_bytes += len(body)
        self._arrived_bytes += len(body)
        super().on_body(body)

    def on_chunk_header(self) -> None:
        self._chunks += 1
        if self._chunks > SMALL_CHUNKS and self._body_bytes < (self._chunks - 1) * SMALL_CHUNK_BYTES:
            raise _Refusal(
                "InvalidChunkSizeError", f"the chunks of the body are smaller than {SMALL_CHUNK_BYTES} bytes"
            )

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if cycle.scope["method"] != "HEAD":
            # The response to a HEAD is a head that no body follows.
            cycle.transport = OnePacket(self.transport)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        self._whole_head = False
        super().on_message_complete()

    def resume_writing(self) -> None:
        self._resumed += 1
        super().resume_writing()

    @property
    def turn(self) -> Turn:
        """What the server waits for now."""
        cycle = self.cycle
        if self.transport.is_closing() or self.flow.write_paused:
            return Turn.READ
        if self._refused:
            return Turn.LEAVE
        if cycle is None or cycle.response_complete:
            if cycle is not None and self._whole_head:
                return Turn.LEAVE
            # uvicorn's own timer runs on a connection that is kept, until the first byte comes.
            return Turn.HEAD if self.timeout_keep_alive_task is None else Turn.NOTHING
        if cycle.more_body and not cycle.waiting_for_100_continue and not self.flow.read_paused:
            return Turn.BODY
        return Turn.NOTHING

    def look(self, now: float) -> None:
        """Ends the connection when its client has made no progress for too long. now: time of the loop."""
        turn = self.turn
        moved = self._moved(turn)
        before, messages, moved_before = self._mark
        waited_s = now - self._marked_at
        if turn is not before or messages != self._messages or turn is Turn.NOTHING:
            self._marked_at, self._mark = now, (turn, self._messages, moved)
        elif waited_s < _SECONDS[turn]:
            return
        elif turn not in _ONCE and moved - moved_before >= MOVED_BYTES:
            self._marked_at, self._mark = now, (turn, messages, moved)
        elif turn in (Turn.HEAD, Turn.BODY):
            self._refuse(
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout "
                f"period: nothing came in {_SECONDS[turn]:.0f} s, or too little",
                408,
            )
        else:
            self.transport.abort()

    @property
    def waits_since(self) -> float | None:
        """The time of the loop at which it became idle; None while the server works on one of its requests.

        A connection that never sent a complete head counts as idle for longer than one that did.
        """
        if self.timeout_keep_alive_task is not None:
            return self.loop.time() + self.timeout_keep_alive_task.when()
        return self._marked_at if self.turn in _ONCE else None

    def _moved(self, turn: Turn) -> int:
        """Returns a counter of the progress of a turn. Only the difference of two values has a meaning."""
        if turn is Turn.READ:
            # Nothing is written while writing is paused, so the buffer only shrinks.
            return self._resumed * (1 << 40) - self.transport.get_write_buffer_size()
        return self._arrived_bytes

    def _refuse(self, code: str, message: str, status: int = 400) -> None:
        """Sends an error where no response has begun, and closes after the client had time to read it."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self._unset_keepalive_if_required()
        self._mark, self._marked_at = (Turn.LEAVE, self._messages, 0), self.loop.time()
        log.info("%s: a connection was refused: %s", self.client, message)
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or not cycle.more_body or self.pipeline:
                # The client would take the error for the response to another request.
                self.pipeline.clear()
                self.transport.abort()
                return
        self.transport.write(_answer(self._seen(), BadRequest(message, code=code, http_status=status)))
        # If it closed at once, with unread bytes, TCP would reset the connection and the error would be lost.
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            # TLS has no such half. It says its farewell, and drops what still comes.
            self.transport.close()

    def _seen(self) -> HttpRequest:
        """Returns the part of the request that tells the protocol of its client."""
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers or () if value
        }
        path = (self.url or b"/")[:1024].decode("latin-1")
        return HttpRequest("POST", path.partition("?")[0], path.partition("?")[2], headers)


class _Refusal(Exception):
    """Raised in callbacks of the parser; its arguments are those of ``_refuse``."""


def _answer(request: HttpRequest, error: PlatformError) -> bytes:
    response = codec.respond_error(guess_service(request), error, new_request_id())
    headers = {**response.headers, "content-length": str(len(response.body)), "connection": "close"}
    lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers.items())
    return bytes(STATUS_LINE[response.status] + lines + b"\r\n" + response.body)


def _too_long_line() -> tuple[str, str, int]:
    return "URITooLong", f"the request line is longer than {REQUEST_LINE_BYTES} bytes", 414


def _too_large_head() -> tuple[str, str, int]:
    return (
        "RequestHeaderSectionTooLarge",
        f"Your request header section exceeds the maximum allowed: {HEAD_BYTES} bytes and {HEADERS} headers",
        431,
    )
