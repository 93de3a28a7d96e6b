"""Messages of JSON, with bytes and file descriptors behind them, over a Unix socket."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any, NamedTuple

HEAD = struct.Struct("<II")
MOST_JSON_BYTES = 16 << 20
MOST_CONTENT_BYTES = 32 << 20


class UnreadableMessage(ValueError):
    """A message that is too long, or that is no JSON object."""


class Message(NamedTuple):
    """fd: -1 without one. The receiver closes it."""

    document: dict[str, Any]
    content: bytes
    fd: int


class Channel:
    """One end. For one thread. Raises EOFError when the other end is gone, TimeoutError."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def send(self, document: dict[str, Any], content: bytes = b"", fd: int = -1) -> None:
        """Sends a message; the descriptor stays open here. Raises UnreadableMessage: it is too long."""
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        if len(text) > MOST_JSON_BYTES or len(content) > MOST_CONTENT_BYTES:
            raise UnreadableMessage(f"a message of {len(text)} and {len(content)} bytes is too long")
        try:
            head = HEAD.pack(len(text), len(content))
            # A descriptor travels with the first byte.
            sent = socket.send_fds(self._end, [head], [fd] if fd >= 0 else [])
            self._end.sendall(head[sent:] + text)
            if content:
                self._end.sendall(content)
        except (BrokenPipeError, ConnectionResetError):
            raise EOFError("the other end is gone") from None

    def receive(self, timeout_s: float | None = None) -> Message:
        """The next message. timeout_s: for each part of it. Raises UnreadableMessage."""
        self._end.settimeout(timeout_s)
        try:
            head, fds, _, _ = socket.recv_fds(self._end, HEAD.size, 1)
            try:
                return self._receive(head, fds.pop() if fds else -1)
            finally:
                for fd in fds:
                    os.close(fd)
        except ConnectionResetError:
            raise EOFError("the other end is gone") from None

    def close(self) -> None:
        self._end.close()

    def _receive(self, head: bytes, fd: int) -> Message:
        try:
            head += self._exactly(HEAD.size - len(head)) if head else b""
            if not head:
                raise EOFError("the other end is gone")
            json_bytes, content_bytes = HEAD.unpack(head)
            if json_bytes > MOST_JSON_BYTES or content_bytes > MOST_CONTENT_BYTES:
                raise UnreadableMessage(f"a message of {json_bytes + content_bytes} bytes is too long")
            document = json.loads(self._exactly(json_bytes))
            if not isinstance(document, dict):
                raise UnreadableMessage("a message that is no object")
            return Message(document, self._exactly(content_bytes), fd)
        except BaseException:
            if fd >= 0:
                os.close(fd)
            raise

    def _exactly(self, count: int) -> bytes:
        found = bytearray()
        while len(found) < count:
            part = self._end.recv(min(count - len(found), 1 << 20))
            if not part:
                raise EOFError("the other end is gone")
            found += part
        return bytes(found)
