from __future__ import annotations

import base64
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clary.store import checksums

# Of the nine bytes "123456789": the check values that CRC catalogues give.
CHECK = {"CRC32": 0xCBF43926, "CRC32C": 0xE3069283, "CRC64NVME": 0xAE8B14860A799888}


@pytest.mark.parametrize("algorithm", CHECK)
def test_a_crc_has_its_published_check_value(algorithm: str) -> None:
    width, _ = checksums.CRC_POLYNOMIALS[algorithm]
    running = checksums.start(algorithm)
    running.update(b"1234")
    running.update(memoryview(b"56789"))

    assert running.digest() == CHECK[algorithm].to_bytes(width // 8, "big")


@pytest.mark.parametrize("algorithm", CHECK)
@given(st.lists(st.binary(max_size=300), max_size=5))
def test_the_whole_is_combined_from_its_parts(algorithm: str, parts: list[bytes]) -> None:
    whole = checksums.start(algorithm)
    whole.update(b"".join(parts))

    combined = checksums.combine(algorithm, [(_of(algorithm, part), len(part)) for part in parts])

    assert combined == checksums.encode(whole.digest())


def test_combining_does_not_depend_on_the_sizes_in_memory() -> None:
    # 5 GiB of zeros behind a byte: far too much to read, one multiplication to combine.
    zeros = checksums.combine("CRC32", [(_of("CRC32", b"\0" * 1024), 1024)] * 3)

    assert zeros == checksums.encode(zlib.crc32(b"\0" * 3072).to_bytes(4, "big"))
    assert checksums.combine("CRC32", [("AAAAAA==", 5 << 30), ("AAAAAA==", 5 << 30)])


def test_a_composite_is_the_checksum_of_the_checksums() -> None:
    parts = [b"one", b"two"]
    digests = b"".join(hashlib.sha256(part).digest() for part in parts)

    value = checksums.composite("SHA256", [_of("SHA256", part) for part in parts])

    assert value == base64.b64encode(hashlib.sha256(digests).digest()).decode() + "-2"


def _of(algorithm: str, data: bytes) -> str:
    running = checksums.start(algorithm)
    running.update(data)
    return checksums.encode(running.digest())
