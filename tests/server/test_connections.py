"""Attacks on the server by connections only, without any key; none may block it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
import pytest
from botocore.session import Session

from clary.server import connection_room, connections, incoming
from clary.services.s3._blob_slice import BlobSlice

from .conftest import ANSWER_S, Served

GREAT_BYTES = 24 << 20
"""What an attack sends at most. The memory of the process may not grow by half of it."""


@contextlib.contextmanager
def link(served: Served) -> Iterator[socket.socket]:
    with contextlib.closing(socket.create_connection((served.host, served.port), ANSWER_S)) as opened:
        yield opened


def pour(to: socket.socket, start: bytes, piece: bytes) -> bytes:
    """Sends ``start``, then ``piece`` again and again; returns the answer when the server closes."""
    sent = 0
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        to.sendall(start)
        while sent < GREAT_BYTES:
            to.sendall(piece)
            sent += len(piece)
    return received(to)


def sends(to: socket.socket, data: bytes) -> bool:
    """Returns whether the connection is still open."""
    try:
        to.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def received(from_: socket.socket) -> bytes:
    """All that comes until the connection is closed; TimeoutError when it is not."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := from_.recv(65_536):
            pieces.append(piece)
    return b"".join(pieces)


CHUNKED = b"PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "request line": (b"GET /", b"a" * 65_536, 414),
    "path and query": (b"GET /a?", b"x=1&" * 16_384, 414),
    "one header": (b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: ", b"a" * 65_536, 431),
    "one header's name": (b"GET / HTTP/1.1\r\nHost: a\r\n", b"a" * 65_536, 431),
    "many headers": (b"GET / HTTP/1.1\r\n", b"x-y: z\r\n" * 8_192, 431),
    "empty lines": (b"", b"\r\n" * 32_768, 431),
    "an extension of a chunk": (
        CHUNKED + b"1;x=", b"a" * 65_536, 431,
    ),
    "a trailer": (
        CHUNKED + b"0\r\nX-Long: ", b"a" * 65_536, 431,
    ),
    "chunks of one byte": (
        CHUNKED, b"1\r\na\r\n" * 10_922, 400,
    ),
    "no HTTP": (b"", b"\x16\x03\x01" * 20_000, 400),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_refused_early(served: Served, name: str) -> None:
    start, piece, status = ENDLESS[name]
    before_bytes = psutil.Process().memory_info().rss

    with link(served) as attacker:
        answer = pour(attacker, start, piece)

    # An unsigned upload is refused for that first, and its connection is closed without waiting for its end.
    assert answer.startswith((b"HTTP/1.1 %d " % status, b"HTTP/1.1 403 ")) or not answer
    assert answer.startswith(b"HTTP/1.1 %d " % status) or b"chunked" in start
    assert psutil.Process().memory_info().rss - before_bytes < GREAT_BYTES // 2
    assert served.is_well()


def test_a_refusal_is_written_in_the_client_s_own_form(served: Served) -> None:
    with link(served) as client:
        told = pour(client, b"POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListTags\r\nX-Long: ", b"a" * 65_536)

    head, _, body = told.partition(b"\r\n\r\n")
    assert b"application/x-amz-json-1.1" in head
    assert b'"__type":"RequestHeaderSectionTooLarge"' in body


def test_thousands_of_requests_asked_ahead_are_not_kept(served: Served) -> None:
    with link(served) as attacker:
        pour(attacker, b"", b"GET /_clary/health HTTP/1.1\r\nHost: a\r\n\r\n" * 1_000)

        assert served.is_well()


def test_some_requests_asked_ahead_are_answered_in_order(served: Served) -> None:
    with link(served) as client:
        client.sendall(b"GET /_clary/health HTTP/1.1\r\nHost: a\r\n\r\n" * 5)
        client.sendall(b"GET /_clary/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

        assert received(client).count(b'"status":"ok"') == 6


def test_a_wish_for_another_protocol_is_refused(served: Served) -> None:
    with link(served) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n"
        )

        assert b"HTTP/1.1 only" in received(client)


def test_an_older_client_is_answered_and_its_connection_closed(served: Served) -> None:
    with link(served) as client:
        client.sendall(b"GET /_clary/health HTTP/1.0\r\n\r\n")

        assert received(client).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("method", [b"HEAD", b"PUT"])
def test_an_error_is_sent_before_the_body_has_come(
    served: Served, monkeypatch: pytest.MonkeyPatch, method: bytes
) -> None:
    monkeypatch.setattr(incoming, "LEAVE_S", 3_600.0)

    with link(served) as client:
        client.sendall(method + b" /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")

        assert client.recv(65_536).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("length", [b"99999999999999999999999", b"-1", b"1, 2", b"x"])
def test_a_length_that_is_none_is_refused(served: Served, length: bytes) -> None:
    with link(served) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + b"\r\n\r\n")

        assert received(client).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_room, "LOOK_S", 0.05)
    for turn in connections._SECONDS:
        monkeypatch.setitem(connections._SECONDS, turn, 0.5)


SLOW = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost:",
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", SLOW)
def test_a_head_that_does_not_come_is_not_waited_for(served: Served, name: str) -> None:
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(link(served)) for _ in range(50)]
        for each in slow:
            each.sendall(SLOW[name])
        assert served.is_well()

        assert all(received(each).startswith(b"HTTP/1.1 408 ") for each in slow)


@pytest.mark.usefixtures("impatient")
def test_a_head_that_comes_byte_by_byte_has_its_time_too(served: Served) -> None:
    with link(served) as slow:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for number in range(200):
                slow.sendall(b"GET / HTTP/1.1\r\n" if number == 0 else b"x")
                time.sleep(0.02)

        assert received(slow).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("impatient")
def test_a_body_that_stands_still_is_not_waited_for(served: Served) -> None:
    headers = {"X-Amz-Target": "SageMaker.ListTags", "Content-Type": "application/x-amz-json-1.1"}
    signed = served.signed(b"{}", "sagemaker", headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())

    with link(served) as slow:
        slow.sendall(f"POST / HTTP/1.1\r\nHost: {served.host}:{served.port}\r\n{head}".encode())
        slow.sendall(b"Content-Length: 60000\r\n\r\n{")
        told = received(slow)

    assert told.startswith(b"HTTP/1.1 408 ")
    assert b'"__type":"RequestTimeout"' in told


@pytest.mark.usefixtures("impatient")
def test_a_body_that_comes_slowly_but_comes_is_waited_for(served: Served) -> None:
    body = b"{" + b" " * 240_000 + b"}"
    headers = {"X-Amz-Target": "Logs_20140328.PutLogEvents", "Content-Type": "application/x-amz-json-1.1"}
    with contextlib.closing(served.connect()) as connection:
        connection.putrequest("POST", "/", skip_accept_encoding=True)
        for name, value in served.signed(body, "logs", headers).items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        for start in range(0, len(body), 24_000):
            connection.send(body[start : start + 24_000])
            time.sleep(0.15)

        answer = connection.getresponse()
        assert (answer.status, b"logGroupName" in answer.read()) == (400, True)


def test_who_asks_before_sending_is_refused_without_sending(served: Served) -> None:
    with link(served) as client:
        client.sendall(
            b"PUT /b/k HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5000000000\r\n\r\n"
        )
        told = received(client)

    assert told.startswith(b"HTTP/1.1 403 ")
    assert b"connection: close" in told
    assert b"100 Continue" not in told


def test_with_all_places_taken_the_one_that_waits_for_longest_goes(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_room, "MAX_CONNECTIONS", 20)
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(link(served)) for _ in range(100)]

        assert served.is_well()
        assert received(waiting[0]) == b""


LARGE_BYTES = 64 << 20


@dataclass(slots=True)
class Download:
    """``path``: a presigned one, of an object of LARGE_BYTES. ``ended``: the server is done with it."""

    path: str
    read_bytes: int = 0
    ended: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def download(served: Served, monkeypatch: pytest.MonkeyPatch) -> Download:
    keys = {"aws_access_key_id": served.keys.access_key, "aws_secret_access_key": served.keys.secret_key}
    address = f"http://{served.host}:{served.port}"
    s3 = Session().create_client("s3", "us-east-1", endpoint_url=address, **keys)
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="k", Body=bytes(LARGE_BYTES))
    presigned = s3.generate_presigned_url("get_object", {"Bucket": "large", "Key": "k"})
    download = Download(presigned.removeprefix(address))
    real_read, real_close = BlobSlice.read, BlobSlice.close

    def counted(self: BlobSlice, size: int) -> bytes:
        piece = real_read(self, size)
        download.read_bytes += len(piece)
        return piece

    monkeypatch.setattr(BlobSlice, "read", counted)
    monkeypatch.setattr(BlobSlice, "close", lambda self: (real_close(self), download.ended.set()))
    return download


@contextlib.contextmanager
def downloading(served: Served, download: Download) -> Iterator[socket.socket]:
    """A client that reads the start of the response only."""
    # Set before it connects: a window that shrinks later makes Linux drop what the server sends.
    with contextlib.closing(socket.socket()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.settimeout(ANSWER_S)
        client.connect((served.host, served.port))
        client.sendall(f"GET {download.path} HTTP/1.1\r\nHost: {served.host}:{served.port}\r\n\r\n".encode())
        assert client.recv(1_000).startswith(b"HTTP/1.1 200 ")
        yield client


@pytest.mark.usefixtures("impatient")
def test_a_client_that_does_not_read_its_answer_is_left(served: Served, download: Download) -> None:
    with downloading(served, download):
        assert download.ended.wait(ANSWER_S)

    assert download.read_bytes < LARGE_BYTES // 2
    assert served.is_well()


def test_an_object_is_not_read_on_for_a_client_that_has_gone(served: Served, download: Download) -> None:
    with downloading(served, download):
        pass

    assert download.ended.wait(ANSWER_S)
    assert download.read_bytes < LARGE_BYTES // 2


def test_a_body_in_many_small_pieces_is_no_chunked_one(served: Served) -> None:
    body = b"{" + b" " * 20_000 + b"}"
    headers = {"X-Amz-Target": "SageMaker.ListExperiments", "Content-Type": "application/x-amz-json-1.1"}
    with contextlib.closing(served.connect()) as connection:
        connection.putrequest("POST", "/", skip_accept_encoding=True)
        for name, value in served.signed(body, "sagemaker", headers).items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(body), 10):
            connection.send(body[start : start + 10])

        assert connection.getresponse().status == 200
