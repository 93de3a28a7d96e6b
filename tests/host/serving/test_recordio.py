"""Records of AWS's algorithms: RecordIO with protobuf in it."""

from __future__ import annotations

import struct

import pytest

from clary.host.injected.serving.clary_serving.recordio import MAGIC, records_of, row_of


def field(number: int, kind: int, content: bytes) -> bytes:
    return bytes([number << 3 | kind]) + (bytes([len(content)]) if kind == 2 else b"") + content


def record(tensor: bytes, kind: int = 2) -> bytes:
    value = field(kind, 2, tensor)
    entry = field(1, 2, b"values") + field(2, 2, value)
    return field(2, 2, b"a label, which is not read") + field(1, 2, entry)


def framed(data: bytes, part: int = 0) -> bytes:
    return struct.pack("<II", MAGIC, part << 29 | len(data)) + data + b"\0" * (-len(data) % 4)


def test_records_are_read_out_of_their_frames() -> None:
    assert list(records_of(framed(b"abc") + framed(b"x", 1) + framed(b"y", 2) + framed(b"z", 3))) == [
        b"abc",
        b"xyz",
    ]


@pytest.mark.parametrize("data", [b"abc", b"\0" * 8, framed(b"abcdefgh")[:-1], framed(b"x", 1)])
def test_broken_frames_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="RecordIO"):
        list(records_of(data))


def test_numbers_of_all_kinds_are_read() -> None:
    assert row_of(record(field(1, 2, struct.pack("<2f", 1.5, 2)))).values == [1.5, 2.0]
    assert row_of(record(field(1, 2, struct.pack("<d", 1.25)), kind=3)).values == [1.25]
    assert row_of(record(field(1, 2, b"\x05\xac\x02"), kind=7)).values == [5.0, 300.0]
    assert row_of(record(field(1, 5, struct.pack("<f", 4)))).values == [4.0]


def test_a_sparse_row_has_keys() -> None:
    row = row_of(record(field(1, 2, struct.pack("<2f", 1, 2)) + field(2, 2, b"\x03\x09")))

    assert (row.keys, row.values) == ([3, 9], [1.0, 2.0])


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\xff\xff\x01", b"\x0b", record(field(1, 2, b"abc"))])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="record"):
        row_of(data)
