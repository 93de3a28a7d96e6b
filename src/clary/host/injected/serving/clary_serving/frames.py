"""What front and worker send each other: a kind, a JSON document, and bytes.

front ── REQUEST, UNLOAD ──> worker
front <── HELLO, then LOADED or FAILED ── worker
front <── ANSWER, or BEGIN PIECE ... END ── worker        for each REQUEST
"""

from __future__ import annotations

import json
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any, Iterator, Tuple

    Frame = Tuple[bytes, Any, bytes]

HELLO, LOADED, FAILED = b"H", b"L", b"F"
REQUEST, UNLOAD = b"Q", b"U"
ANSWER, BEGIN, PIECE, END = b"A", b"B", b"P", b"E"

_HEADER = struct.Struct("!cIQ")


def packed(kind: bytes, document: Any = None, body: bytes = b"") -> bytes:
    text = b"" if document is None else json.dumps(document).encode("utf-8")
    return b"".join((_HEADER.pack(kind, len(text), len(body)), text, body))


class Unpacker:
    """Frames from bytes that arrive in any pieces."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
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


def receive(link: socket.socket) -> Frame | None:
    """Waits for a frame; None at the end of the link."""
    header = _exactly(link, _HEADER.size)
    if header is None:
        return None
    kind, text_bytes, body_bytes = _HEADER.unpack(header)
    text, body = _exactly(link, text_bytes), _exactly(link, body_bytes)
    if text is None or body is None:
        return None
    return kind, json.loads(bytes(text)) if text else None, bytes(body)


def _exactly(link: socket.socket, size: int) -> bytearray | None:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = link.recv_into(view)
        if not count:
            return None
        view = view[count:]
    return data
