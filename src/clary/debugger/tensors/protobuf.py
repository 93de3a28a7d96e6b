"""The part of the protobuf wire format that tensor files need.

The protobuf library is not used: each of its versions is compatible with only some of today's frameworks.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
Field = Union[int, memoryview]


class BadMessage(ValueError):
    """Bytes that are not a valid protobuf message."""


def varint(value: int) -> bytes:
    """Encodes an integer. A negative one takes ten bytes, as int64 in protobuf does."""
    value &= 0xFFFFFFFFFFFFFFFF
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def varint_field(number: int, value: int) -> bytes:
    return varint(number << 3 | VARINT) + varint(value)


def bytes_field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | BYTES) + varint(len(content)) + content


def double_field(number: int, value: float) -> bytes:
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def float_field(number: int, value: float) -> bytes:
    return varint(number << 3 | FIXED32) + struct.pack("<f", value)


def signed(value: int) -> int:
    """Converts a decoded varint to int64."""
    return value - (1 << 64) if value >= 1 << 63 else value


def fields(message: memoryview) -> Iterator[tuple[int, Field]]:
    """(number, value) of every field: an int for a varint, else a view of the bytes. Raises BadMessage."""
    at, end = 0, len(message)
    while at < end:
        key, at = read_varint(message, at)
        kind = key & 7
        if kind == VARINT:
            value, at = read_varint(message, at)
            yield key >> 3, value
            continue
        if kind == BYTES:
            length, at = read_varint(message, at)
        elif kind == FIXED64:
            length = 8
        elif kind == FIXED32:
            length = 4
        else:
            raise BadMessage(f"a field of the unknown wire type {kind}")
        if at + length > end:
            raise BadMessage(f"a field of {length} bytes where {end - at} are left")
        yield key >> 3, message[at : at + length]
        at += length


def read_varint(message: memoryview, at: int) -> tuple[int, int]:
    """The varint at offset ``at``, and the offset after it. Raises BadMessage."""
    value = shift = 0
    try:
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7
            if shift > 63:
                raise BadMessage("a number of more than ten bytes")
    except IndexError:
        raise BadMessage("a number that does not end") from None
