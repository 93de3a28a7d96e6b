"""Clary's address and the role's credentials, on the container's own loopback interface.

    in the container   127.0.0.1:<port of the server> ──> server    AWS_ENDPOINT_URL is the same as outside
                       127.0.0.1:51679 ──> the agent                AWS_CONTAINER_CREDENTIALS_FULL_URI

A container can't reach the loopback interface of the machine, where the server listens. So the agent listens
on the container's: a socket stays in the network in which it was made, whoever holds it. Nothing else of the
machine becomes reachable, no rule of a firewall matters, and SDKs accept credentials from a loopback address
only.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..notes import note_exception
from .namespaces import listeners_inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.domain.identity import Credentials

CREDENTIALS_PORT = 51_679
"""As the agent of ECS has it."""
CREDENTIALS_URL = f"http://127.0.0.1:{CREDENTIALS_PORT}/role"
PIECE_BYTES = 65_536
MOST_CONNECTIONS = 256
"""Of one container at a time; further ones wait."""
_REQUEST_BYTES = 16_384
_REQUEST_S = 5.0


def inside_url(url: str) -> str:
    """Returns the server's address as a container has it. url: its address on this machine."""
    return f"http://127.0.0.1:{_port(url)}"


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


class Loopback:
    """What listens on the loopback interface of one container, until ``close``."""

    def __init__(self, pid: int, url: str, credentials: Callable[[], Credentials]) -> None:
        """pid: of a process in the container. url: of the server. Raises OSError where that is forbidden."""
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", _port(url))
        self._credentials = credentials
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._listeners = listeners_inside(pid, (_port(url), CREDENTIALS_PORT))

    def start(self) -> None:
        for listener, serve in zip(self._listeners, (self._relay, self._answer), strict=True):
            threading.Thread(target=self._accept, args=(listener, serve), daemon=True).start()

    def close(self) -> None:
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        while True:
            self._slots.acquire()
            try:
                link, _ = listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(serve, link), daemon=True).start()

    def _serve(self, serve: Callable[[socket.socket], None], link: socket.socket) -> None:
        try:
            with link:
                serve(link)
        except OSError:
            pass  # either end has gone
        except Exception as error:
            note_exception(error)
        finally:
            self._slots.release()

    def _relay(self, link: socket.socket) -> None:
        with socket.create_connection(self._server) as server:
            for end in (link, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_copy, args=(server, link), daemon=True)
            back.start()
            _copy(link, server)
            back.join()

    def _answer(self, link: socket.socket) -> None:
        """Answers one request for credentials, in the form of ECS."""
        link.settimeout(_REQUEST_S)
        asked = b""
        while b"\r\n\r\n" not in asked and len(asked) < _REQUEST_BYTES:
            piece = link.recv(4096)
            if not piece:
                return
            asked += piece
        found = self._credentials()
        document = {
            "AccessKeyId": found.access_key_id,
            "SecretAccessKey": found.secret_access_key,
            "Token": found.session_token,
            "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found.expires_at)),
        }
        body = json.dumps(document).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        link.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copies one direction of a connection until its end, and passes on that end."""
    try:
        while piece := source.recv(PIECE_BYTES):
            target.sendall(piece)
    except OSError:
        pass
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
