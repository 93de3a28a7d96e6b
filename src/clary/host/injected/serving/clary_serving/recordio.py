"""Reads RecordIO, and the protobuf records of AWS's algorithms in it (``aialgs.data.Record``).

    RecordIO    magic, length, bytes, padding to four; and so on
    Record      map<string, Value> features = 1; map<string, Value> label = 2
    Value       Float32Tensor = 2, Float64Tensor = 3, Int32Tensor = 7
    Tensor      values = 1, keys = 2, shape = 3, packed or not

Only the features are read: a request has no labels. No protobuf library is needed for four messages.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, Tuple, Union

    Field = Tuple[int, int, Union[int, bytes]]

MAGIC = 0xCED7230A
_LENGTH_MASK = (1 << 29) - 1
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_FLOAT32, _FLOAT64, _INT32 = 2, 3, 7


class FeatureRow:
    """keys: the columns of the values; empty for a dense row."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.keys: list[int] = []


def records_of(data: bytes) -> Iterator[bytes]:
    """Yields the bytes of each record. A record in several parts is joined. Raises ValueError."""
    at = 0
    parts: list[bytes] = []
    while at < len(data):
        if at + 8 > len(data):
            raise ValueError("the RecordIO data ends inside a record")
        magic, said = struct.unpack_from("<II", data, at)
        if magic != MAGIC:
            raise ValueError("there is no RecordIO record at byte {}".format(at))
        part, length = said >> 29, said & _LENGTH_MASK
        if at + 8 + length > len(data):
            raise ValueError("the RecordIO data ends inside a record")
        parts.append(data[at + 8 : at + 8 + length])
        at += 8 + length + (-length) % 4
        if part in (0, 3):  # the whole, or the last part
            yield b"".join(parts)
            parts = []
    if parts:
        raise ValueError("the RecordIO data ends inside a record")


def row_of(record: bytes) -> FeatureRow:
    """Returns the features of a record. Raises ValueError."""
    row = FeatureRow()
    for number, _kind, entry in _fields(record):
        if number != 1 or not isinstance(entry, bytes):
            continue
        for inner, _inner_kind, value in _fields(entry):
            if inner == 2 and isinstance(value, bytes):
                _read_value(value, row)
    return row


def _read_value(value: bytes, row: FeatureRow) -> None:
    for kind, _wire, tensor in _fields(value):
        if kind not in (_FLOAT32, _FLOAT64, _INT32) or not isinstance(tensor, bytes):
            continue
        for number, wire, content in _fields(tensor):
            if number == 1:
                row.values += _numbers(content, wire, kind)
            elif number == 2:
                row.keys += [content] if isinstance(content, int) else list(_varints(content))


def _numbers(content: int | bytes, wire: int, kind: int) -> list[float]:
    code = {_FLOAT32: "f", _FLOAT64: "d"}.get(kind)
    if isinstance(content, int):
        if wire == _VARINT:
            return [_signed(content)]
        packed = content.to_bytes(4 if wire == _FOUR else 8, "little")
        return list(struct.unpack("<" + (code or "i"), packed))
    if code is None:
        return [_signed(each) for each in _varints(content)]
    size = struct.calcsize(code)
    if len(content) % size:
        raise ValueError("a tensor of a record ends inside a number")
    return list(struct.unpack("<{}{}".format(len(content) // size, code), content))


def _signed(number: int) -> float:
    return float(number - (1 << 64) if number >> 63 else number)


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        number, at = _varint(data, at)
        yield number


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("a record ends inside a number")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return number, at


def _fields(data: bytes) -> Iterator[Field]:
    """Yields (number, wire type, value) of each field of a message. Raises ValueError."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield tag >> 3, kind, value
            continue
        if kind in (_FOUR, _EIGHT):
            size = 4 if kind == _FOUR else 8
        elif kind == _BYTES:
            size, at = _varint(data, at)
        else:
            raise ValueError("a record is no protobuf message")
        if at + size > len(data):
            raise ValueError("a record ends inside a field")
        content = data[at : at + size]
        at += size
        yield tag >> 3, kind, content if kind == _BYTES else int.from_bytes(content, "little")
