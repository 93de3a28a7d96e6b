"""Where a server listens when its own address is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from clary.host.serving_address import free_address

OWN = "127.64.7.9"


@contextmanager
def listening(address: str, port: int = 0) -> Iterator[int]:
    with socket.create_server((address, port)) as server:
        yield int(server.getsockname()[1])


def free_port() -> int:
    with listening("0.0.0.0") as port:
        return port


def test_a_server_has_its_own_address() -> None:
    wanted = (OWN, free_port())

    assert free_address(wanted, "endpoint/digits/g1") == wanted


def test_another_address_is_found_when_its_own_is_taken() -> None:
    port = free_port()

    with listening(OWN, port):
        first, second = (free_address((OWN, port), f"endpoint/digits/{host}") for host in ("one", "two"))
        for address, found in (first, second):
            assert address.startswith("127.")
            assert found == port, "a server may know its port without being told"
        assert len({OWN, first[0], second[0]}) == 3, "hosts that had one address go apart"


def test_another_port_is_found_when_a_program_listens_on_every_address() -> None:
    port = free_port()

    with listening("0.0.0.0", port):
        address, found = free_address((OWN, port), "endpoint/digits/g1")
        assert address == OWN
        with listening(address, found):
            pass
    assert found != port
