"""One connection of the serving program's front: what it reads, what it writes, and what it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from clary.host.injected.serving.clary_serving import http_connection
from clary.host.injected.serving.clary_serving.http_connection import ClientRequest, HttpConnection

POST = b"POST /invocations?a=1 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 3\r\n\r\nabc"
GET = b"GET /ping HTTP/1.1\r\nHost: h\r\n\r\n"


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.reading = True

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Application:
    """Keeps the requests. answer: of each at once, where a test gives one."""

    def __init__(self, answer: Callable[[HttpConnection], None] | None = None) -> None:
        self.seen: list[ClientRequest] = []
        self._answer = answer

    def opened(self, connection: HttpConnection) -> None: ...

    def closed(self, connection: HttpConnection) -> None: ...

    def handle(self, connection: HttpConnection, request: ClientRequest) -> None:
        self.seen.append(request)
        if self._answer is not None:
            self._answer(connection)


class Client:
    def __init__(self, answer: Callable[[HttpConnection], None] | None = None) -> None:
        self.application = Application(answer)
        self.connection = HttpConnection(self.application)
        self.transport = Transport()
        self.connection.connection_made(self.transport)

    def send(self, data: bytes, *, size: int = 1 << 20) -> None:
        """size: of the pieces in which the data comes."""
        for start in range(0, len(data), size):
            self.connection.data_received(data[start : start + size])

    @property
    def seen(self) -> list[ClientRequest]:
        return self.application.seen

    @property
    def answer(self) -> bytes:
        return self.transport.written


def fine(connection: HttpConnection) -> None:
    connection.respond(200, b"ok", "text/plain")


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_request_comes_in_any_pieces(size: int) -> None:
    client = Client()

    client.send(POST, size=size)

    [request] = client.seen
    assert (request.method, request.path, request.query) == ("POST", "/invocations", "a=1")
    assert request.headers == {"host": "h", "x-one": "1, 2", "content-length": "3"}
    assert request.body == b"abc"


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_a_body_may_come_in_chunks_and_its_trailers_are_dropped(size: int) -> None:
    client = Client()

    client.send(
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n",
        size=size,
    )

    [request] = client.seen
    assert request.body == b"abcde"
    assert "x-trailer" not in request.headers


def test_several_requests_at_once_are_answered_in_turn_and_nothing_more_is_read_meanwhile() -> None:
    client = Client()

    client.send(POST + POST)
    client.send(POST)

    assert len(client.seen) == 1
    assert not client.transport.reading
    for left in (2, 3):
        fine(client.connection)
        assert len(client.seen) == left
    fine(client.connection)
    assert client.transport.reading
    assert client.answer.count(b"HTTP/1.1 200 OK\r\n") == 3


def test_thousands_of_requests_at_once_do_not_nest() -> None:
    client = Client(fine)

    client.send(GET * 5000)

    assert client.answer.count(b"HTTP/1.1 200 OK\r\n") == 5000


def test_a_whole_answer_has_its_length_and_the_connection_is_kept() -> None:
    client = Client(lambda connection: connection.respond(200, b"{}", headers={"X-Own": "1", "Date": "no"}))

    client.send(POST)

    head, _, body = client.answer.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"content-type: application/json",
        b"X-Own: 1",
        b"content-length: 2",
    ]
    assert body == b"{}"
    assert not client.transport.closed


@pytest.mark.parametrize(
    ("request_line", "more"),
    [(b"POST / HTTP/1.1", b"Connection: close\r\n"), (b"POST / HTTP/1.0", b"Connection: keep-alive\r\n")],
)
def test_a_connection_that_is_not_kept_says_so_and_is_closed(request_line: bytes, more: bytes) -> None:
    client = Client(fine)

    client.send(request_line + b"\r\nHost: h\r\nContent-Length: 0\r\n" + more + b"\r\n")

    assert b"connection: close\r\n" in client.answer
    assert client.transport.closed


def test_an_answer_in_pieces_is_chunked() -> None:
    client = Client()
    client.send(POST)

    client.connection.begin(200, "text/plain")
    client.connection.piece(b"abc")
    client.connection.piece(b"")
    client.connection.end()

    assert client.answer.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    assert not client.transport.closed


def test_an_answer_in_pieces_that_breaks_off_has_no_end() -> None:
    client = Client()
    client.send(POST)

    client.connection.begin(200, "text/plain")
    client.connection.piece(b"abc")
    client.connection.end(broken=True)

    assert client.answer.endswith(b"3\r\nabc\r\n")
    assert client.transport.closed


def test_a_client_of_http_1_0_gets_the_pieces_as_they_are() -> None:
    client = Client()
    client.send(POST.replace(b"HTTP/1.1", b"HTTP/1.0"))

    client.connection.begin(200, "text/plain")
    client.connection.piece(b"abc")
    client.connection.end()

    assert client.answer.endswith(b"\r\n\r\nabc")
    assert b"chunked" not in client.answer
    assert client.transport.closed


@pytest.mark.parametrize(("method", "status"), [(b"HEAD", 200), (b"GET", 204), (b"GET", 304)])
def test_some_answers_have_no_body(method: bytes, status: int) -> None:
    client = Client(lambda connection: connection.respond(status, b"body"))

    client.send(GET.replace(b"GET", method))

    assert client.answer.endswith(b"\r\n\r\n")
    assert (b"content-length: 4" in client.answer) is (method == b"HEAD")


@pytest.mark.parametrize(
    ("status", "content_type", "headers"),
    [
        (200, "text/plain\r\nx-injected: 1", {}),
        (200, "text/plain", {"x-own": "1\r\nx-injected: 1"}),
        (200, "text/plain", {"x own": "1"}),
        (200, "te\u20acxt", {}),
        (99, "text/plain", {}),
        (1000, "text/plain", {}),
        (cast("int", "200"), "text/plain", {}),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_what_http_does_not_have_becomes_an_error(
    status: int, content_type: str, headers: dict[str, str], whole: bool
) -> None:
    client = Client()
    client.send(POST)

    if whole:
        client.connection.respond(status, b"secret", content_type, headers)
    else:
        client.connection.begin(status, content_type, headers)
        client.connection.piece(b"secret")
        client.connection.end()

    assert client.answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"The answer has a " in client.answer
    assert b"\r\nx-injected" not in client.answer
    assert b"secret" not in client.answer
    assert client.transport.closed


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: no\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * (http_connection.MOST_HEADER_BYTES + 1), 431),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, status: int) -> None:
    client = Client(fine)

    client.send(data, size=16 << 10)

    assert client.answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert client.transport.closed
    assert client.seen == []


def test_a_body_over_the_limit_is_refused_before_it_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "MOST_BODY_BYTES", 100)
    client = Client(fine)

    client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + b"a" * 101)

    assert client.answer.startswith(b"HTTP/1.1 413 ")
    assert client.transport.closed


def test_a_good_request_before_a_bad_one_is_answered_first() -> None:
    client = Client()
    client.send(POST + b"nonsense\r\n\r\n")
    assert client.answer == b""

    fine(client.connection)

    assert client.answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"HTTP/1.1 400 Bad Request\r\n" in client.answer


def test_a_client_that_waits_is_told_to_go_on() -> None:
    client = Client(fine)
    head = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"

    client.send(head)
    assert client.answer == b"HTTP/1.1 100 Continue\r\n\r\n"

    client.send(b"abc")
    assert client.answer.count(b"HTTP/1.1 100") == 1
    assert b"HTTP/1.1 200 OK\r\n" in client.answer


def test_a_request_for_another_protocol_is_answered_and_is_the_last() -> None:
    client = Client(fine)

    client.send(GET.replace(b"Host", b"Connection: Upgrade\r\nUpgrade: h2c\r\nHost"))

    assert client.answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert client.answer.count(b"HTTP/1.1 ") == 1
    assert client.transport.closed


def test_a_client_that_has_sent_all_still_gets_its_answer() -> None:
    client = Client()
    client.send(POST)

    assert client.connection.eof_received()
    fine(client.connection)

    assert client.answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert client.transport.closed


def test_a_connection_asked_to_close_answers_what_it_works_on() -> None:
    client = Client()
    client.send(POST)

    client.connection.close_when_idle()
    assert not client.transport.closed
    fine(client.connection)

    assert b"connection: close\r\n" in client.answer
    assert client.transport.closed
