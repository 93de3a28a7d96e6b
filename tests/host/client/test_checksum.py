from __future__ import annotations

import base64
import random
import zlib
from typing import Any

import pytest

from clary.host.client.checksum import KnownCrc, combined, ranges_of


def test_the_crc32_of_ranges_combined_is_that_of_all_bytes() -> None:
    chance = random.Random(1)
    for _ in range(20):
        content = chance.randbytes(chance.randint(1, 5000))
        ranges = ranges_of(len(content), None, chance.randint(100, 3000))
        values = [zlib.crc32(content[each.start : each.stop]) for each in ranges]

        assert combined(ranges, values) == zlib.crc32(content)


@pytest.mark.parametrize(("size", "most"), [(0, 10), (1, 10), (10, 10), (11, 10), (95, 10)])
def test_ranges_cover_an_object_in_even_pieces(size: int, most: int) -> None:
    ranges = ranges_of(size, None, most)

    assert [byte for each in ranges for byte in each] == list(range(size))
    sizes = {len(each) for each in ranges}
    assert max(sizes) <= most
    assert max(sizes) - min(sizes) <= 1


def test_ranges_do_not_cross_the_parts_of_a_checksum() -> None:
    ranges = ranges_of(25, KnownCrc(0, (12, 12, 1)), 10)

    assert [(each.start, each.stop) for each in ranges] == [(0, 6), (6, 12), (12, 18), (18, 24), (24, 25)]


def told(content: bytes, **changes: Any) -> dict[str, Any]:
    value = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
    return {"Algorithm": "CRC32", "Value": value, "Type": "FULL_OBJECT", **changes}


@pytest.mark.parametrize(
    "document",
    [
        None,
        "text",
        told(b"x", Algorithm="CRC64NVME"),
        told(b"x", Value="no base64!"),
        told(b"x", Type="COMPOSITE", Parts=[]),
        told(b"x", Type="COMPOSITE", Parts=[[1, 2]]),
        told(b"x", Type="COMPOSITE", Parts=[[2, "0"], [1, 1]]),
        told(b"x", Type="COMPOSITE", Parts="??"),
        told(b"x", Type="COMPOSITE", Parts=[[1_000_000_000, 1]]),
    ],
)
def test_a_checksum_that_can_not_be_computed_here_is_left_out(document: Any) -> None:
    assert KnownCrc.of(document, 1) is None
