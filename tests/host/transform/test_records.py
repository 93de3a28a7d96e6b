"""Objects as records, and records as requests."""

from __future__ import annotations

import bz2
import gzip
import io
import struct

import pytest

from clary.host.errors import ClientError
from clary.host.transform.records import MAGIC, RecordTooLarge, batches, opened, records

URI = "s3://b/k"


def split(data: bytes, how: str, most: int = 100) -> list[tuple[int, bytes]]:
    return list(records(io.BytesIO(data), how, most, URI))


def record_io(data: bytes, part: int = 0) -> bytes:
    return struct.pack("<II", MAGIC, part << 29 | len(data)) + data + b"\0" * (-len(data) % 4)


def tf_record(data: bytes) -> bytes:
    return struct.pack("<Q", len(data)) + b"crc1" + data + b"crc2"


def test_lines_have_their_numbers_and_empty_ones_are_no_records() -> None:
    assert split(b"a\n\nb\r\nc", "Line") == [(1, b"a"), (3, b"b"), (4, b"c")]


def test_a_whole_object_is_one_record_and_an_empty_one_is_none() -> None:
    assert split(b"a\nb\n", "None") == [(1, b"a\nb\n")]
    assert split(b"", "None") == split(b"", "Line") == split(b"", "RecordIO") == []


def test_records_in_frames_keep_their_frames() -> None:
    one, two = record_io(b"abc"), record_io(b"x", part=1) + record_io(b"y", part=3)

    assert split(one + two, "RecordIO") == [(1, one), (2, two)]
    assert split(tf_record(b"abc") + tf_record(b""), "TFRecord") == [
        (1, tf_record(b"abc")),
        (2, tf_record(b"")),
    ]


@pytest.mark.parametrize(
    ("how", "data"),
    [
        ("RecordIO", b"no record of any kind"),
        ("RecordIO", record_io(b"abcdefgh")[:-2]),
        ("TFRecord", tf_record(b"abc")[:-1]),
        ("TFRecord", b"short"),
    ],
)
def test_a_broken_frame_names_the_object(how: str, data: bytes) -> None:
    with pytest.raises(ClientError, match="s3://b/k can't be read after record 0"):
        split(data, how)


@pytest.mark.parametrize(
    ("how", "data", "where"),
    [
        ("None", b"x" * 11, "s3://b/k is larger than 10 bytes"),
        ("Line", b"a\n" + b"x" * 11 + b"\nb", "s3://b/k, line 2 is larger than 10 bytes"),
        ("RecordIO", record_io(b"x" * 50), "record 1 is larger"),
        ("TFRecord", tf_record(b"x" * 50), "record 1 is larger"),
    ],
)
def test_a_record_over_the_limit_names_its_line(how: str, data: bytes, where: str) -> None:
    with pytest.raises(RecordTooLarge, match=where):
        split(data, how, most=10)


def test_a_frame_that_claims_to_be_huge_is_not_read() -> None:
    claims = struct.pack("<Q", 1 << 62) + b"crc1" + b"x" * 100

    with pytest.raises(RecordTooLarge):
        split(claims, "TFRecord", most=10)


def test_compressed_objects_are_read_as_their_content() -> None:
    for compression, data in (("Gzip", gzip.compress(b"a\nb")), ("Bzip2", bz2.compress(b"a\nb"))):
        stream = opened(io.BytesIO(data), compression)
        assert [data for _, data in records(stream, "Line", 100, URI)] == [b"a", b"b"]


@pytest.mark.parametrize("compression", ["Gzip", "Bzip2"])
def test_what_is_not_compressed_as_it_is_said_to_be_names_the_object(compression: str) -> None:
    with pytest.raises(ClientError, match="s3://b/k can't be read"):
        list(records(opened(io.BytesIO(b"plain text"), compression), "Line", 100, URI))


def test_as_many_records_as_fit_are_sent_together() -> None:
    found = records(io.BytesIO(b"aaaa\nbbbb\ncccc\nd\n"), "Line", 10, URI)

    together = batches(found, one_record=False, most_bytes=9, gap=1)

    assert [[data for _, data in batch.records] for batch in together] == [
        [b"aaaa", b"bbbb"],
        [b"cccc", b"d"],
    ]


def test_one_record_each_is_sent_alone() -> None:
    found = records(io.BytesIO(b"a\nb\n"), "Line", 10, URI)

    assert [len(batch.records) for batch in batches(found, one_record=True, most_bytes=9, gap=1)] == [1, 1]
