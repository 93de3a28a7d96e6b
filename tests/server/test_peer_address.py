"""How a server finds another one, and knows it."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from clary.compute.machine_name import machine_name
from clary.server.forwarding import _connect
from clary.server.inference.model_servers import NotListening
from clary.server.own_certificate import own_certificate
from clary.server.peer_address import PeerAddress, facts_of_server, peer_address
from clary.server.settings import Settings

HERE = {"Url": "http://127.0.0.1:7000", "Machine": machine_name()}
ELSEWHERE = {**HERE, "Machine": "another"}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (HERE, PeerAddress("127.0.0.1", 7000, "")),
        (
            {**HERE, "Outside": "https://10.0.0.2:8443", "Certificate": "PEM"},
            PeerAddress("127.0.0.1", 7000, ""),
        ),
        (ELSEWHERE, None),
        ({**ELSEWHERE, "Outside": "http://10.0.0.2:7000"}, PeerAddress("10.0.0.2", 7000, "")),
        (
            {**ELSEWHERE, "Outside": "https://10.0.0.2:8443", "Certificate": "PEM"},
            PeerAddress("10.0.0.2", 8443, "PEM"),
        ),
        ({**ELSEWHERE, "Outside": "https://10.0.0.2:8443", "Certificate": ""}, None),
        ({**ELSEWHERE, "Outside": "http://[fe80::1]"}, PeerAddress("fe80::1", 80, "")),
    ],
)
def test_where_a_server_is_reached(said: dict[str, str], found: PeerAddress | None) -> None:
    assert peer_address(said) == found


def test_what_a_server_says_of_itself(tmp_path: Path) -> None:
    loopback = facts_of_server(Settings(home=tmp_path), "http://127.0.0.1:7000", None)
    named = facts_of_server(
        Settings(home=tmp_path, url="https://clary.example.org"), "http://127.0.0.1:7000", None
    )

    assert (loopback["Url"], loopback["Outside"], loopback["Certificate"]) == (
        "http://127.0.0.1:7000",
        "",
        "",
    )
    assert named["Outside"] == "https://clary.example.org"


def test_over_tls_it_has_to_show_the_certificate_that_the_database_says(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    certificate, key = own_certificate(tmp_path / "one", "127.0.0.1")
    other, _ = own_certificate(tmp_path / "two", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def connect() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]

        both = certificate.read_text() + other.read_text()
        connection = await _connect(PeerAddress("127.0.0.1", port, both))
        connection.close()
        with pytest.raises(NotListening, match="another certificate"):
            await _connect(PeerAddress("127.0.0.1", port, other.read_text()))
        server.close()
        with pytest.raises(NotListening):
            await _connect(PeerAddress("127.0.0.1", port, certificate.read_text()))

    asyncio.run(connect())
