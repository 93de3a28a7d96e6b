"""What a container reaches on a loopback interface, and how its server is reached.

    in the container   127.0.0.1:<port of the server> ──> Clary     AWS_ENDPOINT_URL
                       127.0.0.1:51679 ──> the agent                AWS_CONTAINER_CREDENTIALS_FULL_URI
    on the machine     the host's own address ──> 127.0.0.1:8080 in the container

A container can't reach the loopback interface of the machine, where Clary listens. So the agent listens on
the container's. Nothing else of the machine becomes reachable, no rule of a firewall matters, and SDKs accept
credentials from a loopback address only. In the other direction, a server needs no published port.

The agent of a node speaks TLS to the server, and checks its certificate. So no program in an image has to
know that certificate.

A container in the network of its machine shares the loopback interface with everybody there. So its agent
listens at free ports, and hands credentials only to who knows the token, as ECS has it.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .relay import Acceptor, relay
from .tls_relay import TlsEnd

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.hosts import Endpoint
    from clary.domain.identity import Credentials

    from .namespaces import SocketsInside
    from .relay import End

CREDENTIALS_PORT = 51_679
"""As the agent of ECS has it."""
_REQUEST_BYTES = 16_384
_REQUEST_S = 5.0
_CONNECT_S = 5.0


def variables_inside(endpoint: Endpoint) -> dict[str, str]:
    """Returns where a container with a network of its own finds both, once ``open_loopback`` was called."""
    return _variables(_port(endpoint.url), CREDENTIALS_PORT)


def open_loopback(inside: SocketsInside, endpoint: Endpoint, credentials: Callable[[], Credentials]) -> None:
    """Serves both addresses on the loopback interface of a container, until the agent ends.

    inside: is closed. Raises OSError.
    """
    try:
        clary, role = inside.listener(_port(endpoint.url)), inside.listener(CREDENTIALS_PORT)
    finally:
        inside.close()
    _serve(clary, role, endpoint, credentials, "")


def open_on_machine(endpoint: Endpoint, credentials: Callable[[], Credentials]) -> dict[str, str]:
    """Serves both at free ports of this machine, until the agent ends; returns the variables for them."""
    clary, role = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    token = secrets.token_urlsafe(32)
    _serve(clary, role, endpoint, credentials, token)
    found = _variables(clary.getsockname()[1], role.getsockname()[1])
    return {**found, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token}


def publish(address: tuple[str, int], serve: Callable[[socket.socket], None]) -> Acceptor:
    """Has an address of this machine lead into a container. serve: gets each connection. Raises OSError."""
    return Acceptor(socket.create_server(address), serve)


def _variables(clary: int, role: int) -> dict[str, str]:
    url = f"http://127.0.0.1:{clary}"
    return {
        "AWS_ENDPOINT_URL": url,
        # As the training toolkit of AWS's images reads it, whose boto3 may be older than the variable above.
        "S3_ENDPOINT_URL": url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:{role}/role",
    }


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _serve(
    clary: socket.socket,
    role: socket.socket,
    endpoint: Endpoint,
    credentials: Callable[[], Credentials],
    token: str,
) -> None:
    Acceptor(clary, lambda link: relay(link, lambda: _connected(endpoint)))
    Acceptor(role, lambda link: _answer(link, credentials, token))


def _connected(endpoint: Endpoint) -> End:
    host = urlsplit(endpoint.url).hostname or "127.0.0.1"
    link = socket.create_connection((host, _port(endpoint.url)), _CONNECT_S)
    if not endpoint.url.startswith("https:"):
        link.settimeout(None)
        return link
    return TlsEnd(link, host, endpoint.certificate)


def _answer(link: socket.socket, credentials: Callable[[], Credentials], token: str) -> None:
    """Answers one request for credentials, in the form of ECS. token: what it has to have; empty: nothing."""
    link.settimeout(_REQUEST_S)
    asked = b""
    while b"\r\n\r\n" not in asked and len(asked) < _REQUEST_BYTES:
        piece = link.recv(4096)
        if not piece:
            return
        asked += piece
    if token and not hmac.compare_digest(_header(asked, b"authorization"), token.encode()):
        link.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
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


def _header(request: bytes, name: bytes) -> bytes:
    for line in request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        found, _, value = line.partition(b":")
        if found.strip().lower() == name:
            return value.strip()
    return b""
