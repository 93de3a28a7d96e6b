"""One connection of a client. httptools parses HTTP/1.1; here are the socket, the limits and the order.

    reading ── whole requests ──> waiting ── one at a time ──> the application
                                     ^                          │ respond, or begin, piece ..., end
                                     └────────── next ──────────┘

While a request is at work nothing more is read after what has come already, so a client that sends several at
once waits its turn.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from functools import lru_cache
from http import HTTPStatus

import httptools

from .settings import MOST_BODY_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Protocol

    class Application(Protocol):
        """What answers requests. All methods are called in the thread of the loop."""

        def opened(self, connection: HttpConnection) -> None: ...

        def closed(self, connection: HttpConnection) -> None: ...

        def handle(self, connection: HttpConnection, request: ClientRequest) -> None:
            """Answers a request, now or later."""

    class Flow(Protocol):
        """What makes the pieces of an answer. It waits while the client does not read them."""

        def pause(self) -> None: ...

        def resume(self) -> None: ...

        def abandon(self) -> None:
            """The client has gone: nobody waits for the answer."""


MOST_HEADER_BYTES = 64 << 10
"""The limit of bytes without payload: a head, chunk extensions, trailers."""
TEXT = "text/plain"
LONGEST_KEPT = 256
"""Longer types are not cached: a script could fill the memory with them."""
_HOP = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive", "date", "server"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]*")
_WITHOUT_BODY = (204, 304)


class ClientRequest:
    """headers: in lower case; of several of one name, joined by commas. keeps: another request may follow."""

    def __init__(self) -> None:
        self.method = ""
        self.path = self.query = ""
        self.headers: dict[str, str] = {}
        self.body = b""
        self.keeps = True


class HttpConnection(asyncio.Protocol):
    def __init__(self, application: Application) -> None:
        self._application = application
        self._parser = httptools.HttpRequestParser(self)
        self._coming = ClientRequest()
        self._target = b""
        self._pieces: list[bytes] = []
        self._size = self._quiet_bytes = 0
        self._whole_head = self._expects = self._chunked = False
        self._advancing = self._paused = self._ended = False
        self._refusal: tuple[int, str] | None = None
        """Of what has come last: nothing after it is read."""
        self._waiting: deque[ClientRequest] = deque()
        self._request = self._coming
        """What the application works on, or has last worked on."""
        self.flow: Flow | None = None
        """Set by the application while it works on a request."""
        self.busy = False
        self.closing = False
        """The next answer is the last one of this connection."""

    # Events of the socket

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._application.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._application.closed(self)
        if self.flow is not None:
            self.flow.abandon()

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        if self.busy and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._quiet_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request is answered as what it is in HTTP/1.1. What follows may be in another protocol.
            self._coming.keeps = False
        except httptools.HttpParserError as error:
            self._refusal = self._refusal or (400, "This is not HTTP/1.1: {}".format(error))
        if self._quiet_bytes > MOST_HEADER_BYTES and self._refusal is None:
            self._refusal = (431, "The head is larger than {} bytes".format(MOST_HEADER_BYTES))
        self._advance()

    def eof_received(self) -> bool:
        # An answer that is on its way still reaches a client that has closed its half of the connection.
        self._ended = True
        return self.busy

    def pause_writing(self) -> None:
        if self.flow is not None:
            self.flow.pause()

    def resume_writing(self) -> None:
        if self.flow is not None:
            self.flow.resume()

    # Events of the parser

    def on_message_begin(self) -> None:
        self._coming, self._target = ClientRequest(), b""
        self._pieces, self._size = [], 0
        self._whole_head = self._expects = False

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._whole_head:
            return  # a trailer
        headers = self._coming.headers
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = headers[key] + ", " + text if key in headers else text

    def on_headers_complete(self) -> None:
        coming, parser = self._coming, self._parser
        self._whole_head = True
        coming.method = parser.get_method().decode("latin-1")
        coming.path, _, coming.query = self._target.decode("latin-1").partition("?")
        coming.keeps = parser.should_keep_alive() and parser.get_http_version() == "1.1"
        self._expects = coming.headers.get("expect", "").lower() == "100-continue"

    def on_body(self, body: bytes) -> None:
        self._quiet_bytes = 0
        self._expects = False
        self._size += len(body)
        if self._size > MOST_BODY_BYTES:
            self._refusal = (413, "The body is larger than {} bytes".format(MOST_BODY_BYTES))
        if self._refusal is None:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        self._quiet_bytes = 0
        self._expects = False
        if self._refusal is None:
            pieces, self._pieces = self._pieces, []
            self._coming.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            self._waiting.append(self._coming)

    # Requests

    def _advance(self) -> None:
        """Has the next request answered, as soon as the one before is."""
        if self._advancing:
            return  # The application has answered at once; the loop below goes on.
        self._advancing = True
        try:
            while not self.busy and self._waiting and not self._transport.is_closing():
                self._request = self._waiting.popleft()
                self.busy = True
                self._application.handle(self, self._request)
        finally:
            self._advancing = False
        if self.busy or self._transport.is_closing():
            return
        if self._refusal is not None:
            self._refuse(*self._refusal)
        elif self._ended:
            self._transport.close()
        elif self._expects:
            self._expects = False
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _refuse(self, status: int, message: str) -> None:
        self.busy = self.closing = True
        self._request = self._coming
        self.respond(status, message.encode("utf-8"), TEXT)

    # Responses

    def respond(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Sends a whole response."""
        framing = "" if status in _WITHOUT_BODY else "content-length: {}\r\n".format(len(body))
        try:
            head = self._head(status, content_type, headers, framing)
        except ValueError as error:
            self._cut(str(error))
            return
        if self._request.method == "HEAD" or not framing:
            body = b""
        self._write(head + body)
        self._next()

    def begin(self, status: int, content_type: str, headers: Mapping[str, str] | None = None) -> None:
        """Sends the head of a response whose body comes in pieces."""
        self._chunked = self._request.keeps and status not in _WITHOUT_BODY
        if not self._chunked:
            self.closing = True  # The end of the connection is the end of the body.
        framing = "transfer-encoding: chunked\r\n" if self._chunked else ""
        try:
            self._write(self._head(status, content_type, headers, framing))
        except ValueError as error:
            self._cut(str(error))

    def piece(self, data: bytes) -> None:
        if data and self._request.method != "HEAD":
            self._write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def end(self, *, broken: bool = False) -> None:
        """Ends the body. broken: it is incomplete, which the client sees by the end of the connection."""
        if broken or self._transport.is_closing():
            self._transport.close()
            return
        if self._chunked and self._request.method != "HEAD":
            self._write(b"0\r\n\r\n")
        self._next()

    def close_when_idle(self) -> None:
        """Closes the connection, after the response to the request that it works on."""
        self.closing = True
        if not self.busy:
            self._transport.close()

    def _head(self, status: int, content_type: str, more: Mapping[str, str] | None, framing: str) -> bytes:
        """Raises ValueError for what HTTP does not have: scripts choose the status, the type and headers."""
        short = len(content_type) <= LONGEST_KEPT
        begin = (_begin_of_head if short else _begin_of_head.__wrapped__)(status, content_type)
        given = [(name, value) for name, value in (more or {}).items() if name.lower() not in _HOP]
        own = "".join([_line(name, value) for name, value in given])
        close = "connection: close\r\n" if self.closing or not self._request.keeps else ""
        return (begin + own + framing + close + "\r\n").encode("latin-1")

    def _cut(self, why: str) -> None:
        """Answers with 500 instead of what can't be sent, and nothing after it."""
        self.closing = True
        self.respond(500, "The answer has {}".format(why).encode("utf-8", "replace"), TEXT)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def _next(self) -> None:
        self.busy, self.flow = False, None
        if self.closing or not self._request.keeps or self._transport.is_closing():
            self._transport.close()
            return
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        self._advance()


@lru_cache(maxsize=64)
def _begin_of_head(status: int, content_type: str) -> str:
    if not isinstance(status, int) or not 200 <= status <= 999:
        raise ValueError("a status that HTTP does not have: {!r}".format(status))
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    return "HTTP/1.1 {} {}\r\n{}".format(
        status, reason, _line("content-type", content_type) if content_type else ""
    )


def _line(name: str, value: str) -> str:
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise ValueError("a header that HTTP does not have: {!r}: {!r}".format(name[:64], value[:64]))
    return "{}: {}\r\n".format(name, value)
