"""A server listens in the place of another one of its machine, and goes when that one is back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from clary.server.own_certificate import own_certificate
from clary.server.stand_in import StandIn
from clary.server.state import PORT_WANTED, PortTaken, StateFolder, listen, listen_again

ANSWER_S = 60.0


class Greeter(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"the other one")
        transport.close()


@pytest.fixture
def gone(tmp_path: Path) -> StateFolder:
    """The folder of a server that has had a port."""
    state = StateFolder(tmp_path / "gone")
    state.prepare()
    with contextlib.closing(listen(state, "127.0.0.1", 0)) as listener:
        state.remember_server(host="127.0.0.1", port=listener.getsockname()[1], url="http://there")
    return state


@pytest.fixture
def gone_with_tls(tmp_path: Path) -> StateFolder:
    """As ``gone``; it has spoken TLS too, with a certificate of its own."""
    state = StateFolder(tmp_path / "gone")
    state.prepare()
    certificate, key = own_certificate(state.home / "tls", "127.0.0.1")
    with (
        contextlib.closing(listen(state, "127.0.0.1", 0)) as plain,
        contextlib.closing(listen(state, "127.0.0.1", 0, kept="tls_port")) as secure,
    ):
        state.remember_server(
            host="127.0.0.1",
            port=plain.getsockname()[1],
            url="http://there",
            tls_host="127.0.0.1",
            tls_port=secure.getsockname()[1],
            tls_url="https://there",
            tls_files=[str(certificate), str(key)],
            certificate=str(certificate),
        )
    return state


def said_by_tls(state: StateFolder) -> bytes:
    """What a client hears that knows the certificate of the server that is gone, and trusts no other."""
    known = state.server()
    trusted = ssl.create_default_context(cafile=state.home / "tls" / "certificate.pem")
    try:
        with (
            socket.create_connection(("127.0.0.1", known["tls_port"]), timeout=ANSWER_S) as raw,
            trusted.wrap_socket(raw, server_hostname="127.0.0.1") as client,
        ):
            return client.recv(100)
    except ConnectionRefusedError:
        return b""


def said_at(state: StateFolder) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", state.server()["port"]), timeout=ANSWER_S) as client:
            return client.recv(100)
    except ConnectionRefusedError:
        return b""


async def until(state: StateFolder, said: bytes, ask: Callable[[StateFolder], bytes] = said_at) -> None:
    async with asyncio.timeout(ANSWER_S):
        while await asyncio.to_thread(ask, state) != said:
            await asyncio.sleep(0.02)


def test_it_listens_until_the_server_wants_its_port(gone: StateFolder) -> None:
    used = {"gone": gone.home}

    async def stand_in() -> None:
        standing = asyncio.create_task(StandIn(lambda: used).run(Greeter))
        await until(gone, b"the other one")

        back = await asyncio.to_thread(listen_again, gone, "127.0.0.1", 0, patience_s=ANSWER_S)
        assert back.getsockname()[1] == gone.server()["port"]
        assert not (gone.home / PORT_WANTED).exists()
        back.close()
        await until(gone, b"the other one")

        used.clear()
        await until(gone, b"")
        standing.cancel()

    asyncio.run(stand_in())


def test_it_listens_by_tls_too_with_the_certificate_that_clients_know(gone_with_tls: StateFolder) -> None:
    gone = gone_with_tls

    async def stand_in() -> None:
        standing = asyncio.create_task(StandIn(lambda: {"gone": gone.home}).run(Greeter))
        await until(gone, b"the other one", said_by_tls)
        assert await asyncio.to_thread(said_at, gone) == b"the other one"

        # As ``serve`` does it: the plain port, then the other one.
        again = [
            await asyncio.to_thread(listen_again, gone, "127.0.0.1", 0, patience_s=ANSWER_S, kept=kept)
            for kept in ("port", "tls_port")
        ]
        assert [each.getsockname()[1] for each in again] == [gone.server()["port"], gone.server()["tls_port"]]
        for listener in again:
            listener.close()
        await until(gone, b"the other one", said_by_tls)
        standing.cancel()
        await asyncio.wait({standing})
        assert (said_by_tls(gone), said_at(gone)) == (b"", b"")

    asyncio.run(stand_in())


def test_without_its_certificate_it_listens_for_jobs_of_this_machine_and_says_so(
    gone_with_tls: StateFolder, caplog: pytest.LogCaptureFixture
) -> None:
    gone = gone_with_tls
    (gone.home / "tls" / "key.pem").unlink()

    async def stand_in() -> None:
        standing = asyncio.create_task(StandIn(lambda: {"gone": gone.home}).run(Greeter))
        await until(gone, b"the other one")
        assert await asyncio.to_thread(said_by_tls, gone) == b""
        standing.cancel()

    with caplog.at_level(logging.WARNING):
        asyncio.run(stand_in())
    assert "nobody listens at https://there in its place" in caplog.text


def test_a_port_that_another_program_has_is_said_after_a_while(gone: StateFolder) -> None:
    with contextlib.closing(listen(gone, "127.0.0.1", 0)), pytest.raises(PortTaken):
        listen_again(gone, "127.0.0.1", 0, patience_s=0.1)

    assert not (gone.home / PORT_WANTED).exists()
