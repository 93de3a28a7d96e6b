"""The framing of event streams (``application/vnd.amazon.eventstream``), as far as a server writes it.

    total length | length of headers | CRC | headers | payload | CRC

All numbers have four bytes. A header is its name, a type (7: text) and its value, the lengths before them.
"""

from __future__ import annotations

import struct
from functools import cache
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_TEXT = 7
_FRAME_BYTES = 16


def event(event_type: str, payload: bytes, content_type: str = "application/octet-stream") -> bytes:
    """Returns one event of an output stream."""
    return _message(_headers("event", event_type, content_type), payload)


def exception(exception_type: str, payload: bytes) -> bytes:
    """Returns an error of the model's that ends the stream. payload: its members as JSON."""
    return _message(_headers("exception", exception_type, "application/json"), payload)


def _message(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", _FRAME_BYTES + len(headers) + len(payload), len(headers))
    checked = b"".join((prelude, struct.pack(">I", crc32(prelude)), headers, payload))
    return checked + struct.pack(">I", crc32(checked))


@cache
def _headers(message_type: str, name: str, content_type: str) -> bytes:
    pairs = (
        (f":{message_type}-type", name),
        (":content-type", content_type),
        (":message-type", message_type),
    )
    return b"".join(
        struct.pack(">B", len(key)) + key.encode() + struct.pack(">BH", _TEXT, len(value)) + value.encode()
        for key, value in pairs
    )
