"""TFRecord framing: length, checksum of the length, payload, and a footer of four bytes.

In tensor files the footer is a constant instead of the payload's checksum. The public reader (smdebug)
requires the constant, and with it the writer does not have to read the tensor's bytes.
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
"""The masked CRC of the ten characters "0x12345678". It is the same for every payload."""
FRAME_BYTES = HEADER_BYTES + len(FOOTER)

_HEADER = struct.Struct("<QI")


class BadRecord(ValueError):
    """Bytes that are not a valid record. ``offset``: where the error is, from the start of the bytes."""

    def __init__(self, what: str, offset: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.offset = offset


def header(length: int) -> bytes:
    """The header of a record whose payload has ``length`` bytes."""
    return _HEADER.pack(length, length_crc(length))


def checked_record(payload: bytes) -> bytes:
    """A whole record with the payload's true checksum, which TensorBoard requires."""
    return b"".join((header(len(payload)), payload, struct.pack("<I", masked_crc32c(payload))))


def payload_of(record: Buffer, offset: int = 0) -> tuple[memoryview, int]:
    """The payload of the record at ``offset``, as a view, and the offset after the record.

    Raises BadRecord, which says what is wrong and where.
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
    """(offset, payload) of every record of a file. Raises BadRecord at the first invalid record."""
    offset = 0
    while offset < len(data):
        payload, after = payload_of(data, offset)
        yield offset, payload
        offset = after
