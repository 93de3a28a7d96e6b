"""What a container reaches through its agent: the server, over TLS too, and the credentials of its role."""

from __future__ import annotations

import http.client
import json
import os
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.host.tls_echo import echo

from clary.domain.hosts import Endpoint
from clary.domain.identity import Credentials
from clary.host.container.loopback import open_on_machine
from clary.server.own_certificate import own_certificate

ROLE = Credentials("AKID", "secret", "session", expires_at=1_900_000_000.0)
BODY = os.urandom(3 << 20)


def doors(url: str, certificate: str = "") -> dict[str, str]:
    return open_on_machine(Endpoint(url, "us-east-1", "111122223333", certificate=certificate), lambda: ROLE)


def test_plain_requests_reach_a_server_with_tls_and_both_ways_at_once(tmp_path: Path) -> None:
    files = own_certificate(tmp_path, "127.0.0.1")
    with echo(files) as url:
        address = doors(url, files[0].read_text())["AWS_ENDPOINT_URL"].removeprefix("http://")
        connection = http.client.HTTPConnection(address, timeout=60)
        # The answer begins before the request has ended, and more is on its way than buffers hold.
        for body in (BODY, b"x", BODY):
            sender = threading.Thread(target=connection.request, args=("POST", "/", body))
            connection.connect()
            sender.start()
            response = http.client.HTTPResponse(connection.sock, method="POST")
            response.begin()
            assert response.read() == body
            sender.join()
            connection.close()


def test_a_server_with_another_certificate_gets_nothing(tmp_path: Path) -> None:
    mine, other = (own_certificate(tmp_path / name, "127.0.0.1") for name in ("mine", "other"))
    with echo(other) as url:
        address = doors(url, mine[0].read_text())["AWS_ENDPOINT_URL"]

        with pytest.raises(ConnectionResetError):
            urllib.request.urlopen(address, b"secret", timeout=60)


def test_credentials_on_the_loopback_interface_of_the_machine_need_the_token() -> None:
    found = doors("http://127.0.0.1:1")
    url = found["AWS_CONTAINER_CREDENTIALS_FULL_URI"]

    for token in (None, "guessed"):
        headers = {} if token is None else {"Authorization": token}
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60).close()

    headers = {"Authorization": found["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        assert json.load(answer)["SecretAccessKey"] == "secret"
