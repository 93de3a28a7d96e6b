"""Divides an object into records, and puts records together to what one request sends.

    None       the whole object
    Line       lines; an empty one is no record
    RecordIO   magic, length, bytes, padding to four
    TFRecord   length, checksum, bytes, checksum

An object may be of any size, and hostile: only one record at a time is in memory, of bounded size.
"""

from __future__ import annotations

import bz2
import gzip
import struct
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from ..errors import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAGIC = 0xCED7230A
_LENGTH_MASK = (1 << 29) - 1
NO_LIMIT_BYTES = 1 << 30
"""The most of a record where MaxPayloadInMB is 0, which means no limit."""


InputRecord = tuple[int, bytes]
"""The line that a record is in, or its place in the object, from 1; and its bytes.

A plain tuple: there is one for each line of an object, and a class of its own costs more than all the rest.
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """The records of one request."""

    records: tuple[InputRecord, ...]

    def named(self, split: str) -> str:
        """Where the records are in their object, for messages; empty for a whole object."""
        if split == "None" or not self.records:
            return ""
        word = "line" if split == "Line" else "record"
        first, last = self.records[0][0], self.records[-1][0]
        return f", {word} {first}" if first == last else f", {word}s {first} to {last}"

    def halves(self) -> tuple[Batch, Batch]:
        middle = len(self.records) // 2
        return Batch(self.records[:middle]), Batch(self.records[middle:])


class RecordTooLarge(ClientError):
    """A record has more bytes than a request may have."""


def opened(file: BinaryIO, compression: str) -> IO[bytes]:
    """Returns a stream of the uncompressed bytes of an object."""
    if compression == "Gzip":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))
    if compression == "Bzip2":
        return cast("IO[bytes]", bz2.BZ2File(file))
    return file


def records(stream: IO[bytes], split: str, most_bytes: int, uri: str) -> Iterator[InputRecord]:
    """Yields the records of an object. Raises ClientError, which names the record.

    most_bytes: of one record; 0: no limit.
    """
    most = most_bytes or NO_LIMIT_BYTES
    read = {"None": _whole, "Line": _lines, "RecordIO": _record_io, "TFRecord": _tf_records}[split]
    number = 0
    try:
        for record in read(stream, most):
            number, data = record
            if len(data) > most:
                where = Batch((record,)).named(split)
                raise RecordTooLarge(
                    f"{uri}{where} is larger than {most} bytes, the most that one request may have. Set "
                    "MaxPayloadInMB higher, or divide the object by a SplitType."
                )
            yield record
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile, struct.error) as error:
        raise ClientError(f"{uri} can't be read after record {number}: {error}") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise ClientError(f"{uri} can't be read after record {number}: {error}") from error  # bz2


def batches(of: Iterable[InputRecord], *, one_record: bool, most_bytes: int, gap: int) -> Iterator[Batch]:
    """Puts as many records together as fit, or one. gap: the bytes between two records."""
    most = most_bytes or NO_LIMIT_BYTES
    gathered: list[InputRecord] = []
    size = 0
    for record in of:
        # The first of a request counts a gap too many, which the limit has as well.
        added = len(record[1]) + gap
        size += added
        if gathered and (one_record or size > most + gap):
            yield Batch(tuple(gathered))
            gathered, size = [], added
        gathered.append(record)
    if gathered:
        yield Batch(tuple(gathered))


def _whole(stream: IO[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    data = stream.read(most + 1)
    if data:
        yield 1, data


def _lines(stream: IO[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    number = 0
    longest = most + 2
    while line := stream.readline(longest):
        number += 1
        data = line.removesuffix(b"\n").removesuffix(b"\r")
        if data:
            yield number, data


def _record_io(stream: IO[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    """A record in several parts is one record: its parts are sent together."""
    number, gathered = 0, b""
    while head := stream.read(8):
        magic, said = struct.unpack("<II", _complete(head, 8))
        if magic != MAGIC:
            raise ValueError("there is no RecordIO record")
        part, length = said >> 29, said & _LENGTH_MASK
        padded = length + (-length) % 4
        if len(gathered) + padded > most:
            gathered += head + stream.read(most)
            yield number + 1, gathered
            return
        gathered += head + _complete(stream.read(padded), padded)
        if part in (0, 3):  # the whole, or the last part
            number += 1
            yield number, gathered
            gathered = b""
    if gathered:
        raise EOFError("it ends inside a record")


def _tf_records(stream: IO[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    number = 0
    while head := stream.read(12):
        (length,) = struct.unpack("<Q", _complete(head, 12)[:8])
        number += 1
        left = min(length + 4, most + 1)
        yield number, head + (_complete(stream.read(left), left) if left <= most else stream.read(left))


def _complete(data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise EOFError("it ends inside a record")
    return data
