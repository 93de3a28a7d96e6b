"""A server listens in the place of another one of its machine, and goes when that one is back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

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


def said_at(state: StateFolder) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", state.server()["port"]), timeout=ANSWER_S) as client:
            return client.recv(100)
    except ConnectionRefusedError:
        return b""


async def until(state: StateFolder, said: bytes) -> None:
    async with asyncio.timeout(ANSWER_S):
        while await asyncio.to_thread(said_at, state) != said:
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


def test_a_port_that_another_program_has_is_said_after_a_while(gone: StateFolder) -> None:
    with contextlib.closing(listen(gone, "127.0.0.1", 0)), pytest.raises(PortTaken):
        listen_again(gone, "127.0.0.1", 0, patience_s=0.1)

    assert not (gone.home / PORT_WANTED).exists()
