"""What front and worker send each other: a kind, a JSON document, and bytes.

front ── REQUEST, UNLOAD ──> worker
front <── HELLO, then LOADED or FAILED ── worker
front <── ANSWER, or BEGIN PIECE ... END ── worker        for each REQUEST
"""

from __future__ import annotations

import json
import struct
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any, Iterator, Tuple

    Frame = Tuple[bytes, Any, bytes]

HELLO, LOADED, FAILED = b"H", b"L", b"F"
REQUEST, UNLOAD = b"Q", b"U"
ANSWER, BEGIN, PIECE, END = b"A", b"B", b"P", b"E"

_HEADER = struct.Struct("!cIQ")
READ_BYTES = 64 << 10
"""More than that would be memory of its own for each read, from the kernel and back to it."""


def parts(kind: bytes, document: Any = None, body: bytes = b"") -> tuple[bytes, bytes]:
    """Returns a frame in two parts, so that a large body is not copied."""
    text = b"" if document is None else json.dumps(document).encode("utf-8")
    return _HEADER.pack(kind, len(text), len(body)) + text, body


def packed(kind: bytes, document: Any = None, body: bytes = b"") -> bytes:
    return b"".join(parts(kind, document, body))


class Unpacker:
    """Frames from bytes that arrive in any pieces."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        if not self._data:
            # Nearly always what arrives is one frame: it needs no buffer.
            frame = _only(data)
            if frame is not None:
                yield frame
                return
        self._data += data
        while len(self._data) >= _HEADER.size:
            kind, text_bytes, body_bytes = _HEADER.unpack_from(self._data)
            body_at = _HEADER.size + text_bytes
            end = body_at + body_bytes
            if len(self._data) < end:
                return
            text = bytes(self._data[_HEADER.size : body_at])
            body = bytes(memoryview(self._data)[body_at:end])
            del self._data[:end]
            yield kind, json.loads(text) if text else None, body


def _only(data: bytes) -> Frame | None:
    """Returns the frame that ``data`` is; None when that is less or more than one."""
    if len(data) < _HEADER.size:
        return None
    kind, text_bytes, body_bytes = _HEADER.unpack_from(data)
    body_at = _HEADER.size + text_bytes
    if len(data) != body_at + body_bytes:
        return None
    return kind, json.loads(data[_HEADER.size : body_at]) if text_bytes else None, data[body_at:]


class FrameReader:
    """Frames from a socket, read one after the other."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._unpacker = Unpacker()
        self._come: deque[Frame] = deque()

    def next(self) -> Frame | None:
        """Waits for a frame; None at the end of the link."""
        while not self._come:
            data = self._link.recv(READ_BYTES)
            if not data:
                return None
            self._come.extend(self._unpacker.feed(data))
        return self._come.popleft()
