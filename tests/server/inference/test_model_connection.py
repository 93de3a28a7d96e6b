"""One connection to a model server, against real sockets that send all that HTTP allows, and more."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from tests.server.inference.model_servers import raw_server, read_request, says

from clary.server.inference.model_connection import BUFFERED_BYTES, ModelConnection, ModelGone
from clary.server.inference.model_servers import ModelServers, NotListening, connect_to_model

HEAD = b"POST /invocations HTTP/1.1\r\nhost: model\r\ncontent-length: 2\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 3\r\n\r\n1,2"
WAIT_S = 60.0


async def connect(address: tuple[str, int]) -> ModelConnection:
    _, connection = await asyncio.get_running_loop().create_connection(ModelConnection, *address)
    return connection


async def ask(connection: ModelConnection) -> tuple[int, dict[str, str], bytes]:
    async with asyncio.timeout(WAIT_S):
        connection.send(HEAD, b"hi")
        head = await connection.head()
        pieces = []
        while piece := await connection.piece():
            pieces.append(piece)
        return head.status, dict(head.headers), b"".join(pieces)


def ask_once(address: tuple[str, int]) -> tuple[int, dict[str, str], bytes]:
    async def once() -> tuple[int, dict[str, str], bytes]:
        connection = await connect(address)
        try:
            return await ask(connection)
        finally:
            connection.close()

    return asyncio.run(once())


@pytest.mark.parametrize(
    "response",
    [
        OK,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n2\r\n,2\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n1,2",
        b"HTTP/1.0 200 OK\r\n\r\n1,2",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 102 Processing\r\nx: y\r\n\r\n" + OK,
    ],
)
def test_a_body_of_any_framing_is_read(response: bytes) -> None:
    with raw_server(says(response)) as address:
        status, _, body = ask_once(address)

    assert (status, body) == (200, b"1,2")


def test_the_head_of_an_answer_is_its_own() -> None:
    with raw_server(says(b"HTTP/1.1 100 Continue\r\nA: 1\r\n\r\n" + OK)) as address:
        _, headers, _ = ask_once(address)

    assert headers == {"content-type": "text/csv", "content-length": "3"}


def test_two_requests_share_a_connection() -> None:
    async def both(address: tuple[str, int]) -> None:
        connection = await connect(address)
        assert (await ask(connection))[2] == b"1,2"
        assert connection.is_reusable
        assert (await ask(connection))[2] == b"1,2"
        connection.close()

    with raw_server(says(OK, OK)) as address:
        asyncio.run(both(address))


def test_a_connection_that_the_server_wants_to_close_is_not_used_again() -> None:
    async def once(address: tuple[str, int]) -> None:
        connection = await connect(address)
        await ask(connection)
        assert not connection.is_reusable
        connection.close()

    response = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with raw_server(says(response)) as address:
        asyncio.run(once(address))


def test_what_follows_an_answer_belongs_to_no_request() -> None:
    async def once(address: tuple[str, int]) -> None:
        connection = await connect(address)
        status, headers, body = await ask(connection)
        assert (status, headers["content-type"], body) == (200, "text/csv", b"1,2")
        assert not connection.is_reusable
        connection.close()

    with raw_server(says(OK + b"HTTP/1.1 500 Internal\r\nContent-Length: 0\r\n\r\n")) as address:
        asyncio.run(once(address))


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "closed the connection"),
        (b"hello\r\n\r\n", "does not answer in HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n", "head of more than"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "upgrade"),
    ],
)
def test_what_is_no_answer_is_told(response: bytes, reason: str) -> None:
    with raw_server(says(response)) as address, pytest.raises(ModelGone, match=reason) as gone:
        ask_once(address)

    assert gone.value.untouched == (response == b"")


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1,2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n1,2\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n1,2\r\nzz\r\n",
    ],
)
def test_a_body_that_is_cut_off_is_no_body(response: bytes) -> None:
    with raw_server(says(response)) as address, pytest.raises(ModelGone) as gone:
        ask_once(address)

    assert not gone.value.untouched


def test_a_body_that_nobody_takes_is_not_read_into_memory() -> None:
    sent_bytes = 0
    blocked = threading.Event()

    def script(connection: socket.socket) -> None:
        nonlocal sent_bytes
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.settimeout(0.2)
        try:
            while True:
                sent_bytes += connection.send(bytes(65536))
        except TimeoutError:
            blocked.set()
        connection.settimeout(None)
        connection.sendall(b"end")

    async def wait(address: tuple[str, int]) -> int:
        connection = await connect(address)
        connection.send(HEAD, b"hi")
        await connection.head()
        assert await asyncio.to_thread(blocked.wait, WAIT_S)
        buffered = connection._buffered_bytes
        size = 0
        async with asyncio.timeout(WAIT_S):
            while piece := await connection.piece():
                size += len(piece)
        assert size == sent_bytes + len(b"end")
        connection.close()
        return buffered

    with raw_server(script) as address:
        # One read of the loop may come on top.
        assert asyncio.run(wait(address)) <= BUFFERED_BYTES + (256 << 10)


def test_a_body_in_pieces_waits_until_the_server_reads() -> None:
    """Half of the pieces are sent before the server reads any: the socket takes no more then."""
    read = threading.Event()
    sent = 0

    def script(connection: socket.socket) -> None:
        assert read.wait(WAIT_S)
        body = read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n%08d" % len(body))

    async def once(address: tuple[str, int]) -> None:
        nonlocal sent
        connection = await connect(address)
        connection.send(b"POST / HTTP/1.1\r\ncontent-length: 16777216\r\n\r\n", b"")
        for _ in range(16):
            more = asyncio.ensure_future(connection.send_more(bytes(1 << 20)))
            await asyncio.wait({more}, timeout=0.2)
            if not more.done():
                # The server does not read, so this waits: it may now.
                assert sent < 16
                read.set()
            assert await more
            sent += 1
        await connection.head()
        assert await connection.piece() == b"16777216"
        assert connection.is_reusable
        connection.close()

    with raw_server(script) as address:
        asyncio.run(once(address))

    assert read.is_set()


def test_a_server_that_answers_before_it_has_all_gets_no_more() -> None:
    async def once(address: tuple[str, int]) -> None:
        connection = await connect(address)
        connection.send(b"POST / HTTP/1.1\r\ncontent-length: 900000000\r\n\r\n", b"")
        async with asyncio.timeout(WAIT_S):
            while await connection.send_more(bytes(1 << 20)):
                pass
            assert (await connection.head()).status == 413
        assert not connection.is_reusable
        connection.close()

    def refuse(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        while connection.recv(1 << 20):
            pass

    with raw_server(refuse) as address:
        asyncio.run(once(address))


def test_a_kept_connection_is_used_again() -> None:
    connections = []

    def script(connection: socket.socket) -> None:
        connections.append(connection)
        says(OK, OK, OK)(connection)

    async def thrice(address: tuple[str, int]) -> None:
        servers = ModelServers(connect_to_model)
        for _ in range(3):
            connection, head = await servers.exchange(address, HEAD, b"hi")
            assert head.status == 200
            assert await connection.piece() == b"1,2"
            servers.give_back(address, connection)
        servers.close()

    with raw_server(script) as address:
        asyncio.run(thrice(address))

    assert len(connections) == 1


def test_a_kept_connection_that_the_server_has_just_closed_is_replaced() -> None:
    closed = threading.Event()

    def closing(connection: socket.socket) -> None:
        says(OK)(connection)
        connection.close()
        closed.set()

    async def twice(address: tuple[str, int]) -> None:
        servers = ModelServers(connect_to_model)
        connection, _ = await servers.exchange(address, HEAD, b"hi")
        await connection.piece()
        servers.give_back(address, connection)
        # Blocks the loop, so that it can't see the end before it sends.
        assert closed.wait(WAIT_S)
        assert not connection.is_closed
        second, head = await servers.exchange(address, HEAD, b"hi")
        assert (head.status, second is connection) == (200, False)
        second.close()
        servers.close()

    with raw_server(closing, says(OK)) as address:
        asyncio.run(twice(address))


def test_a_new_connection_that_ends_without_an_answer_is_not_tried_again() -> None:
    requests = []

    def dying(connection: socket.socket) -> None:
        requests.append(read_request(connection))

    async def once(address: tuple[str, int]) -> None:
        await ModelServers(connect_to_model).exchange(address, HEAD, b"hi")

    with raw_server(dying) as address, pytest.raises(ModelGone):
        asyncio.run(once(address))

    assert requests == [b"hi"]


def test_an_answer_that_is_not_read_to_its_end_closes_the_connection() -> None:
    async def once(address: tuple[str, int]) -> None:
        servers = ModelServers(connect_to_model)
        connection, _ = await servers.exchange(address, HEAD, b"hi")
        servers.give_back(address, connection)
        assert connection.is_closed

    with raw_server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1")) as address:
        asyncio.run(once(address))


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()

    async def once() -> None:
        await ModelServers(connect_to_model).exchange(address, HEAD, b"hi")

    with pytest.raises(NotListening):
        asyncio.run(once())
