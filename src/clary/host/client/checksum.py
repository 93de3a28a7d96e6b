"""CRC32 of an object that arrives in ranges, compared with the checksum that S3 keeps for it.

Each range has a CRC32 of its own, computed as it arrives. Those of neighbours are combined without bytes:

    full object    crc(range 1), crc(range 2), ... ── combined ─────────────────────────> the checksum
    composite      crc(range 1), crc(range 2) ── combined ──> part 1 ─┐
                   crc(range 3), crc(range 4) ── combined ──> part 2 ─┴─ CRC32 of both ──> the checksum
"""

from __future__ import annotations

import binascii
import zlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
"""The polynomial 1: the lowest power is the highest bit."""
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class KnownCrc:
    """value: a CRC32. parts: the sizes of the parts of a composite checksum; empty for that of all bytes."""

    value: int
    parts: tuple[int, ...] = ()

    @classmethod
    def of(cls, document: Any, size_bytes: int) -> KnownCrc | None:
        """Returns the checksum that LocateObjects tells of an object; None for one that can't be checked."""
        if not isinstance(document, dict) or document.get("Algorithm") != "CRC32":
            return None
        text = str(document.get("Value", "")).partition("-")[0]
        try:
            value = binascii.a2b_base64(text, strict_mode=True)
            runs = [(int(count), int(size)) for count, size in document.get("Parts", ())]
        except (ValueError, TypeError):
            return None
        if len(value) != 4:
            return None
        if document.get("Type") == "FULL_OBJECT":
            return cls(int.from_bytes(value, "big"))
        if sum(count for count, _ in runs) > MOST_PARTS:
            return None
        parts = tuple(size for count, size in runs for _ in range(count))
        if not parts or sum(parts) != size_bytes or min(parts) <= 0:
            return None
        return cls(int.from_bytes(value, "big"), parts)

    def is_of(self, ranges: Sequence[range], values: Sequence[int]) -> bool:
        """Returns whether it is that of an object. ranges: from ``ranges_of``. values: their CRC32."""
        if not self.parts:
            return combined(ranges, values) == self.value
        found: list[bytes] = []
        first = done = 0
        for size in self.parts:
            done += size
            last = next(index for index in range(first, len(ranges)) if ranges[index].stop == done) + 1
            found.append(combined(ranges[first:last], values[first:last]).to_bytes(4, "big"))
            first = last
        return zlib.crc32(b"".join(found)) == self.value


def ranges_of(size_bytes: int, checksum: KnownCrc | None, most_bytes: int) -> list[range]:
    """Divides an object into ranges of nearly the same size, none of which crosses a part of its checksum."""
    ranges = []
    start = 0
    for size in (checksum.parts if checksum is not None else ()) or (size_bytes,):
        count = max(1, -(-size // most_bytes))
        cuts = [start + size * index // count for index in range(count + 1)]
        ranges += [range(first, last) for first, last in pairwise(cuts)]
        start += size
    return ranges


def combined(ranges: Sequence[range], values: Sequence[int]) -> int:
    """Returns the CRC32 of ranges that follow each other."""
    whole = 0
    shifts: dict[int, int] = {}
    for each, value in zip(ranges, values, strict=True):
        if len(each) not in shifts:
            shifts[len(each)] = _power_of_x(8 * len(each))
        whole = _product(shifts[len(each)], whole) ^ value
    return whole


def _product(left: int, right: int) -> int:
    """Multiplies two polynomials modulo that of CRC32."""
    found = 0
    bit = _ONE
    while left:
        if left & bit:
            found ^= right
            left ^= bit
        bit >>= 1
        right = (right >> 1) ^ (_POLYNOMIAL if right & 1 else 0)
    return found


def _power_of_x(exponent: int) -> int:
    found, square = _ONE, _ONE >> 1
    while exponent:
        if exponent & 1:
            found = _product(square, found)
        square = _product(square, square)
        exponent >>= 1
    return found
