"""The range of an object's bytes that a request is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import _errors as errors

if TYPE_CHECKING:
    from clary.store.objects import StoredObject

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*")


def read_range(header: str, size_bytes: int) -> tuple[int, int] | None:
    """Returns (offset, length) of ``bytes=first-last``, ``first-`` or ``-last n``; None for the whole object.

    S3 ignores a malformed header and several ranges. Raises InvalidRange for a range outside of the object.
    """
    found = _RANGE.fullmatch(header)
    if found is None or found[1] == found[2] == "":
        return None
    if found[1] == "":
        length = min(int(found[2]), size_bytes)
        offset = size_bytes - length
    else:
        offset = int(found[1])
        last = min(int(found[2]) if found[2] else size_bytes - 1, size_bytes - 1)
        if found[2] and int(found[2]) < offset:
            return None
        length = last - offset + 1
    if length <= 0:
        raise errors.S3Error(
            "InvalidRange",
            "The requested range is not satisfiable",
            416,
            RangeRequested=header,
            ActualObjectSize=size_bytes,
        )
    return offset, length


def read_copy_range(header: str, size_bytes: int) -> tuple[int, int]:
    """Returns (offset, length) for UploadPartCopy: the range has both ends and lies inside the source."""
    found = _RANGE.fullmatch(header)
    if found is None or not found[1] or not found[2] or int(found[1]) > int(found[2]):
        raise errors.invalid_argument(
            "x-amz-copy-source-range",
            header,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
            "the zero-based offsets of the first and last bytes to copy",
        )
    if int(found[2]) >= size_bytes:
        raise errors.invalid_argument(
            "x-amz-copy-source-range",
            header,
            f"Range specified is not valid for source object of size: {size_bytes}",
        )
    return int(found[1]), int(found[2]) - int(found[1]) + 1


def part_range(stored: StoredObject, number: int) -> tuple[int, int]:
    """Returns (offset, length) of one part of an object; an object of one piece has part 1.

    Raises InvalidPartNumber.
    """
    sizes = part_sizes(stored)
    if not 1 <= number <= len(sizes):
        raise errors.S3Error(
            "InvalidPartNumber", "The requested partnumber is not satisfiable", 416, PartNumber=number
        )
    return sum(sizes[: number - 1]), sizes[number - 1]


def part_sizes(stored: StoredObject) -> list[int]:
    """Returns the sizes of the parts in bytes, in order. They are stored as runs of equal sizes."""
    runs: list[list[int]] = stored.attributes.get("Parts") or [[1, stored.size]]
    return [size for count, size in runs for _ in range(count)]
