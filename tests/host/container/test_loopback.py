"""What a container reaches through its agent: the server, over TLS too, and the credentials of its role."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clary.domain.hosts import Endpoint
from clary.domain.identity import Credentials
from clary.host.container.loopback import open_on_machine
from clary.server.own_certificate import own_certificate

ROLE = Credentials("AKID", "secret", "session", expires_at=1_900_000_000.0)
BODY = os.urandom(3 << 20)


class Echo(threading.Thread):
    """A server that answers each request of one connection with the body it was sent, over TLS."""

    def __init__(self, files: tuple[Path, Path]) -> None:
        super().__init__(daemon=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self._listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.start()

    def run(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except ssl.SSLError:
                continue  # it refuses the certificate
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.join()

    def _serve(self, link: socket.socket) -> None:
        with link, link.makefile("rb") as lines:
            while lines.readline().startswith(b"POST"):
                size = 0
                while (line := lines.readline().strip()) != b"":
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.partition(b":")[2])
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                while size:
                    piece = lines.read1(min(size, 65_536))
                    link.sendall(piece)
                    size -= len(piece)


@contextmanager
def echo(files: tuple[Path, Path]) -> Iterator[str]:
    server = Echo(files)
    try:
        yield server.url
    finally:
        server.close()


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
