"""What is asked of a server, and what a hostile one can do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from clary.host.client.connection import MOST_HEADERS
from clary.host.transform import sender
from clary.host.transform.records import Batch
from clary.host.transform.sender import ModelServer, RequestChannel, RequestFailed, answers

Start = Callable[..., ModelServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers that send fixed bytes: the n-th for the n-th request, then the last ones."""
    listening: list[socket.socket] = []

    def serve(*said: bytes, retries: int = 0, timeout_s: float = 30.0) -> ModelServer:
        link = socket.socket()
        link.bind(("127.0.0.1", 0))
        link.listen()
        listening.append(link)
        left = list(said)

        def run() -> None:
            while True:
                try:
                    client, _ = link.accept()
                except OSError:
                    return
                with client:
                    client.recv(65_536)
                    try:
                        client.sendall(left.pop(0) if len(left) > 1 else left[0])
                    except OSError:
                        continue

        threading.Thread(target=run, daemon=True).start()
        return ModelServer([link.getsockname()], "text/csv", "", timeout_s, retries)

    yield serve
    for link in listening:
        link.close()


def http(body: bytes, status: int = 200, *more: bytes) -> bytes:
    head = b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\nConnection: close\r\n" % (status, len(body))
    return head + b"".join(each + b"\r\n" for each in more) + b"\r\n" + body


def test_an_error_of_the_server_is_tried_again_and_one_of_the_caller_is_not(start: Start) -> None:
    again = start(http(b"", 503), http(b"well"), retries=1)
    assert RequestChannel(again).ask(b"x") == b"well"

    refused = start(http(b"no rows", 400), http(b"well"), retries=1)
    with pytest.raises(RequestFailed, match="the model answered 400: no rows"):
        RequestChannel(refused).ask(b"x")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "the server closed the connection"),
        (b"no HTTP\r\n\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "4 bytes early"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc", "a size of -5 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc", "a size of -5 bytes"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "no answer"),
        (http(b"", 200, *(b"H%d: x" % n for n in range(2 * MOST_HEADERS))), "more than 1000 headers"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 200, "does not begin"),
    ],
)
def test_what_is_no_answer_is_a_failure(start: Start, said: bytes, why: str) -> None:
    with pytest.raises(RequestFailed, match=why):
        RequestChannel(start(said)).ask(b"x")


def test_an_answer_of_any_size_is_not_read(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "MOST_ANSWER_BYTES", 100)

    with pytest.raises(RequestFailed, match="larger than 100 bytes"):
        RequestChannel(start(http(b"x" * 101))).ask(b"x")


def test_a_server_that_says_nothing_is_not_waited_for(start: Start) -> None:
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    server = ModelServer([silent.getsockname()], "", "", 0.1, 0)

    with silent, pytest.raises(RequestFailed, match="did not answer in time"):
        RequestChannel(server).ask(b"x")


def test_answers_keep_the_order_of_their_batches_and_a_stop_ends_them(start: Start) -> None:
    server = start(http(b"a"))
    batches = [(Batch(((number, b""),)), b"x") for number in range(20)]

    found = [batch.records[0][0] for batch, _, _ in answers(batches, server, 4, lambda: False)]
    assert found == list(range(20))

    stopped = list(answers(batches, server, 1, lambda: True))
    assert len(stopped) < 20
