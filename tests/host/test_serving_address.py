"""Where a server listens when its own address is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

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


def test_on_the_address_of_a_node_each_host_takes_a_port_of_its_own() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("203.0.113.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine has no address but loopback")
        node = asked.getsockname()[0]

    address, port = free_address((node, 8080), "endpoint/digits/g1")

    assert address == node
    assert port not in (0, 8080)
