"""Leads requests for one of many models to the server in a container.

    POST /models/<key of the model>/invoke ──> POST /models/<id>/invoke, when the model is loaded
    GET /ping                              ──> the same

Nothing else passes: the agent alone loads and unloads models. One request has one connection, and its
answer is passed on as it comes, so it may be a stream.
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .models import ModelRefused
from .relay import PIECE_BYTES, reset_at_close

if TYPE_CHECKING:
    from collections.abc import Callable

    from .models import ContainerModels

HEAD_BYTES = 64 << 10
HEAD_S = 60.0
LEAVE_S = 1.0
"""How long a caller may take to close the connection after its answer."""
_INVOKE = re.compile(rb"POST /models/([^/ ?]+)/invoke HTTP/1\.1")
_PING = b"GET /ping HTTP/1.1"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_CONNECTION = re.compile(rb"\r\n(?:connection|keep-alive):[^\r\n]*", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n|$)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


def serve_models(link: socket.socket, models: ContainerModels, connect: Callable[[], socket.socket]) -> None:
    """Answers one request. connect: to the server in the container. Raises OSError: an end has gone."""
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.settimeout(HEAD_S)
    head, begun = _head(link)
    line, _, headers = head.partition(b"\r\n")
    headers = b"\r\n" + headers if headers else b""
    length = _LENGTH.search(headers)
    asked = _INVOKE.fullmatch(line)
    if asked is None and line != _PING:
        _refuse(link, 404, "There are POST /models/<model>/invoke and GET /ping here.")
    elif _CHUNKED.search(headers):
        _refuse(link, 411, "A request needs a Content-Length.")
    else:
        body = _Body(link, begun, int(length[1]) if length else 0)
        rest = _CONNECTION.sub(b"", headers) + b"\r\nconnection: close\r\n\r\n"
        if asked is None:
            _exchange(link, body, connect, line + rest)
            return
        name = unquote(asked[1].decode("latin-1"))
        try:
            with models.using(name) as model_id:
                line = f"POST /models/{model_id}/invoke HTTP/1.1".encode()
                if _exchange(link, body, connect, line + rest) == 404:
                    models.answered_not_found(name)
        except ModelRefused as refused:
            _refuse(link, refused.status, str(refused))


class _Body:
    """The body of a request, of which a part may have come with its head."""

    def __init__(self, link: socket.socket, begun: bytes, size: int) -> None:
        self._link = link
        self._begun = begun[:size]
        self._left = size - len(self._begun)

    def copy_to(self, target: socket.socket) -> None:
        """Raises OSError when an end has gone, also in the middle."""
        target.sendall(self._begun)
        while self._left:
            piece = self._link.recv(min(PIECE_BYTES, self._left))
            if not piece:
                raise OSError("the caller has gone")
            self._left -= len(piece)
            target.sendall(piece)


def _head(link: socket.socket) -> tuple[bytes, bytes]:
    """Returns the head of a request, without the empty line, and what came after it."""
    came = b""
    while b"\r\n\r\n" not in came:
        piece = link.recv(PIECE_BYTES)
        if not piece or len(came) > HEAD_BYTES:
            raise OSError("no request came")
        came += piece
    head, _, rest = came.partition(b"\r\n\r\n")
    return head, rest


def _exchange(link: socket.socket, body: _Body, connect: Callable[[], socket.socket], head: bytes) -> int:
    """Passes on a request and its answer; returns the status, 0 without one."""
    try:
        server = connect()
    except OSError:
        reset_at_close(link)
        raise
    link.settimeout(None)
    with server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.sendall(head)
        sender = threading.Thread(target=_send, args=(link, body, server), name="request", daemon=True)
        sender.start()
        began = b""
        try:
            while piece := server.recv(PIECE_BYTES):
                began = began if len(began) >= len(b"HTTP/1.1 200") else began + piece[:32]
                link.sendall(piece)
        finally:
            _end(link)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            sender.join(LEAVE_S)
            # A caller that does not go is left.
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            sender.join()
    status = _STATUS.match(began)
    return int(status[1]) if status else 0


def _send(link: socket.socket, body: _Body, server: socket.socket) -> None:
    """Sends the body; then waits for the caller to go, and lets the server know that nobody waits."""
    try:
        body.copy_to(server)
        # A second request on this connection would be for another model: it is not read.
        link.recv(1)
        server.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The server has answered before it had all. What is not read would reset the connection, and the
        # caller would lose the answer.
        with suppress(OSError):
            while link.recv(PIECE_BYTES):
                continue


def _refuse(link: socket.socket, status: int, message: str) -> None:
    body = message.encode()
    head = f"HTTP/1.1 {status} Refused\r\ncontent-type: text/plain\r\ncontent-length: {len(body)}\r\n"
    link.sendall(f"{head}connection: close\r\n\r\n".encode() + body)
    _end(link)
    link.settimeout(LEAVE_S)
    with suppress(OSError):
        while link.recv(PIECE_BYTES):  # as in _send
            continue


def _end(link: socket.socket) -> None:
    with suppress(OSError):
        link.shutdown(socket.SHUT_WR)
