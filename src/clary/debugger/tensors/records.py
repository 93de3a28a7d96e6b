"""TFRecord framing: length, checksum of the length, payload, and four bytes that close a record.

Files of tensors close every record with one constant instead of the payload's checksum: the public reader
demands it, and it is what lets a tensor be written without being read.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Union

from .crc32c import length_crc, masked_crc32c

if TYPE_CHECKING:
    from collections.abc import Iterator

Buffer = Union[bytes, memoryview]

HEADER_BYTES = 12
FOOTER = bytes.fromhex("b3c02d06")
"""Masked CRC of the ten characters "0x12345678", whatever the payload is."""
FRAME_BYTES = HEADER_BYTES + len(FOOTER)

_HEADER = struct.Struct("<QI")


class BadRecord(ValueError):
    """Bytes that are no record. ``offset`` counts from the start of what was read."""

    def __init__(self, what: str, offset: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.offset = offset


def header(length: int) -> bytes:
    return _HEADER.pack(length, length_crc(length))


def checked_record(payload: bytes) -> bytes:
    """A record with its true checksum, as TensorBoard wants it."""
    return b"".join((header(len(payload)), payload, struct.pack("<I", masked_crc32c(payload))))


def payload_of(record: Buffer, offset: int = 0) -> tuple[memoryview, int]:
    """The payload of the record at ``offset``, not copied, and the offset of what follows it.

    Raises BadRecord saying what is wrong and where.
    """
    view = memoryview(record)
    if len(view) - offset < FRAME_BYTES:
        raise BadRecord(f"{len(view) - offset} bytes are too few for a record", offset)
    length, crc = _HEADER.unpack_from(view, offset)
    if crc != length_crc(length):
        raise BadRecord(f"the checksum of the length {length} does not match", offset + 8)
    start, end = offset + HEADER_BYTES, offset + HEADER_BYTES + length
    if end + len(FOOTER) > len(view):
        raise BadRecord(
            f"the record needs {length + FRAME_BYTES} bytes and {len(view) - offset} are there",
            offset,
        )
    if view[end : end + 4] != FOOTER:
        raise BadRecord(f"the record ends with {view[end : end + 4].hex()} instead of {FOOTER.hex()}", end)
    return view[start:end], end + len(FOOTER)


def payloads(data: Buffer) -> Iterator[tuple[int, memoryview]]:
    """(offset, payload) of every record of a file. Raises BadRecord at the first that is broken."""
    offset = 0
    while offset < len(data):
        payload, after = payload_of(data, offset)
        yield offset, payload
        offset = after
