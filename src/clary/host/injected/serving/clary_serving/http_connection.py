"""One connection of a client. h11 reads and writes HTTP/1.1; here are the socket and the order of things.

    reading ── a whole request ──> the application ── respond, or begin, piece ..., end ──> reading again

While a request is at work nothing more is read, so a client that sends several at once waits its turn.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import h11  # type: ignore[import-not-found, import-untyped, unused-ignore]  # where CLARY_HTTP_LIBRARY says

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
_HOP = ("connection", "content-length", "transfer-encoding", "keep-alive", "date", "server")


class ClientRequest:
    """headers: in lower case; of several of one name, joined by commas."""

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method = method
        self.path, _, self.query = target.partition("?")
        self.headers = headers
        self.body = body


class HttpConnection(asyncio.Protocol):
    def __init__(self, application: Application) -> None:
        self._application = application
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEADER_BYTES)
        self._head: Any = None
        self._pieces: list[bytes] = []
        self._size = 0
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
        self._http.receive_data(data)
        self._advance()

    def eof_received(self) -> bool:
        self._http.receive_data(b"")
        self._advance()
        # An answer that is on its way still reaches a client that has closed its half of the connection.
        return self.busy

    def pause_writing(self) -> None:
        if self.flow is not None:
            self.flow.pause()

    def resume_writing(self) -> None:
        if self.flow is not None:
            self.flow.resume()

    # Requests

    def _advance(self) -> None:
        while not self._transport.is_closing():
            try:
                event: Any = self._http.next_event()
            except h11.RemoteProtocolError as error:
                self._refuse(error.error_status_hint or 400, str(error))
                return
            if event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    self._write(self._http.send(h11.InformationalResponse(status_code=100, headers=[])))
                return
            if event is h11.PAUSED:
                self._transport.pause_reading()
                return
            kind = type(event)
            if kind is h11.Request:
                self._head, self._pieces, self._size = event, [], 0
            elif kind is h11.Data:
                self._size += len(event.data)
                if self._size > MOST_BODY_BYTES:
                    self._refuse(413, "The body is larger than {} bytes".format(MOST_BODY_BYTES))
                    return
                self._pieces.append(bytes(event.data))
            elif kind is h11.EndOfMessage:
                self._handle()
            else:  # the client has closed the connection
                if not self.busy:
                    self._transport.close()
                return

    def _handle(self) -> None:
        head = self._head
        headers: dict[str, str] = {}
        for name, value in head.headers:
            key, text = name.decode("ascii"), value.decode("latin-1")
            headers[key] = headers[key] + ", " + text if key in headers else text
        target = head.target.decode("latin-1")
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces = []
        self.busy = True
        self._application.handle(self, ClientRequest(head.method.decode("ascii"), target, headers, body))

    def _refuse(self, status: int, message: str) -> None:
        self.closing = True
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.respond(status, message.encode("utf-8"), "text/plain")
        else:
            self._transport.close()

    # Responses

    def respond(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Sends a whole response."""
        head = self._headers(content_type, headers)
        head.append(("Content-Length", str(len(body))))
        try:
            data = self._http.send(_response(status, head))
        except h11.LocalProtocolError as error:
            self._cut("The answer has a header that HTTP does not have: {}".format(error))
            return
        if self._head is None or self._head.method != b"HEAD":
            data += self._http.send(h11.Data(data=body))
        self._write(data + self._http.send(h11.EndOfMessage()))
        self._next()

    def begin(self, status: int, content_type: str, headers: Mapping[str, str] | None = None) -> None:
        """Sends the head of a response whose body comes in pieces."""
        try:
            self._write(self._http.send(_response(status, self._headers(content_type, headers))))
        except h11.LocalProtocolError as error:
            self._cut("The answer has a header that HTTP does not have: {}".format(error))

    def piece(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._write(self._http.send(h11.Data(data=data)))

    def end(self, *, broken: bool = False) -> None:
        """Ends the body. broken: it is incomplete, which the client sees by the end of the connection."""
        if broken or self._transport.is_closing():
            self._transport.close()
            return
        self._write(self._http.send(h11.EndOfMessage()))
        self._next()

    def close_when_idle(self) -> None:
        """Closes the connection, after the response to the request that it works on."""
        self.closing = True
        if not self.busy:
            self._transport.close()

    def _headers(self, content_type: str, more: Mapping[str, str] | None) -> list[tuple[str, str]]:
        found = [(name, value) for name, value in (more or {}).items() if name.lower() not in _HOP]
        if content_type:
            found.append(("Content-Type", content_type))
        if self.closing:
            found.append(("Connection", "close"))
        return found

    def _cut(self, why: str) -> None:
        """Answers with 500 instead of what can't be sent."""
        self.busy, self.flow = False, None
        if self._http.our_state is h11.SEND_RESPONSE:
            self.respond(500, why.encode("utf-8", "replace"), "text/plain")
        else:
            self._transport.close()

    def _write(self, data: bytes | None) -> None:
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def _next(self) -> None:
        self.busy, self.flow = False, None
        if self.closing or self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            self._transport.close()
            return
        self._http.start_next_cycle()
        self._transport.resume_reading()
        self._advance()


def _response(status: int, headers: list[tuple[str, str]]) -> Any:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    return h11.Response(status_code=status, headers=headers, reason=reason)
