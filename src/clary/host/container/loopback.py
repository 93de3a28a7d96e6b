"""What a container reaches on its own loopback interface, and how its server is reached.

    in the container   127.0.0.1:<port of the server> ──> Clary     AWS_ENDPOINT_URL is the same as outside
                       127.0.0.1:51679 ──> the agent                AWS_CONTAINER_CREDENTIALS_FULL_URI
    on the machine     the host's own address ──> 127.0.0.1:8080 in the container

A container can't reach the loopback interface of the machine, where Clary listens. So the agent listens on
the container's. Nothing else of the machine becomes reachable, no rule of a firewall matters, and SDKs accept
credentials from a loopback address only. In the other direction, a server needs no published port.
"""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .relay import Acceptor, relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.identity import Credentials

    from .namespaces import SocketsInside

CREDENTIALS_PORT = 51_679
"""As the agent of ECS has it."""
CREDENTIALS_URL = f"http://127.0.0.1:{CREDENTIALS_PORT}/role"
_REQUEST_BYTES = 16_384
_REQUEST_S = 5.0
_CONNECT_S = 5.0


def inside_url(url: str) -> str:
    """Returns Clary's address as a container has it. url: its address on this machine."""
    return f"http://127.0.0.1:{_port(url)}"


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def open_loopback(inside: SocketsInside, url: str, credentials: Callable[[], Credentials]) -> None:
    """Serves both addresses on the loopback interface of a container, until the agent ends.

    inside: is closed. url: of Clary. Raises OSError.
    """
    try:
        clary, role = inside.listener(_port(url)), inside.listener(CREDENTIALS_PORT)
    finally:
        inside.close()
    address = (urlsplit(url).hostname or "127.0.0.1", _port(url))
    Acceptor(clary, lambda link: relay(link, lambda: socket.create_connection(address, _CONNECT_S)))
    Acceptor(role, lambda link: _answer(link, credentials))


def publish(address: tuple[str, int], serve: Callable[[socket.socket], None]) -> Acceptor:
    """Has an address of this machine lead into a container. serve: gets each connection. Raises OSError."""
    return Acceptor(socket.create_server(address), serve)


def _answer(link: socket.socket, credentials: Callable[[], Credentials]) -> None:
    """Answers one request for credentials, in the form of ECS."""
    link.settimeout(_REQUEST_S)
    asked = b""
    while b"\r\n\r\n" not in asked and len(asked) < _REQUEST_BYTES:
        piece = link.recv(4096)
        if not piece:
            return
        asked += piece
    found = credentials()
    document = {
        "AccessKeyId": found.access_key_id,
        "SecretAccessKey": found.secret_access_key,
        "Token": found.session_token,
        "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found.expires_at)),
    }
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    link.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
