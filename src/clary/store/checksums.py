"""S3's checksums: computed piece by piece, and combined from those of parts.

Values are base64 of the big-endian digest, as on the wire.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import importlib.util
import zlib
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

CRC_POLYNOMIALS = {
    "CRC32": (32, 0xEDB88320),
    "CRC32C": (32, 0x82F63B78),
    "CRC64NVME": (64, 0x9A6C9329AC4BC9B5),
}
"""Width in bits and reflected polynomial, from which checksums of consecutive parts can be combined."""

HASHES = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512", "MD5": "md5"}

ALGORITHMS = (*CRC_POLYNOMIALS, *HASHES)
"""Spelled as ChecksumAlgorithm does. The XXHASH family of the model is not supported."""


class Checksum(Protocol):
    """One running checksum."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def digest(self) -> bytes: ...


def start(algorithm: str) -> Checksum:
    """Starts a checksum. ``algorithm`` is one of ALGORITHMS."""
    if algorithm in HASHES:
        return hashlib.new(HASHES[algorithm], usedforsecurity=False)
    width, _ = CRC_POLYNOMIALS[algorithm]
    return _Crc(_crc_function(algorithm), width // 8)


def encode(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def composite(algorithm: str, parts: Iterable[str]) -> str:
    """Returns the checksum of the checksums of parts, followed by ``-N``, as for a COMPOSITE upload."""
    digests = [base64.b64decode(part) for part in parts]
    whole = start(algorithm)
    whole.update(b"".join(digests))
    return f"{encode(whole.digest())}-{len(digests)}"


def combine(algorithm: str, parts: Sequence[tuple[str, int]]) -> str:
    """Returns the checksum of the whole content. parts: (checksum, size in bytes) of consecutive parts.

    ``algorithm`` is one of CRC_POLYNOMIALS: other checksums cannot be combined.
    """
    width, polynomial = CRC_POLYNOMIALS[algorithm]
    crc = 0
    for value, size in parts:
        part = int.from_bytes(base64.b64decode(value), "big")
        crc = _multiply(_shift(width, polynomial, size), crc, width, polynomial) ^ part
    return encode(crc.to_bytes(width // 8, "big"))


class _Crc:
    def __init__(self, function: Callable[[bytes | memoryview, int], int], size_bytes: int) -> None:
        self._function = function
        self._size_bytes = size_bytes
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size_bytes, "big")


@cache
def _crc_function(algorithm: str) -> Callable[[bytes | memoryview, int], int]:
    if algorithm == "CRC32":
        return zlib.crc32
    if importlib.util.find_spec("awscrt") is not None:
        fast = importlib.import_module(
            "awscrt.checksums"
        )  # imported late: it is large, and most clients send CRC32
        return _on_bytes(fast.crc32c if algorithm == "CRC32C" else fast.crc64nvme)
    return _table_driven(*CRC_POLYNOMIALS[algorithm])


def _on_bytes(function: Callable[[bytes, int], int]) -> Callable[[bytes | memoryview, int], int]:
    return lambda data, crc: function(bytes(data) if isinstance(data, memoryview) else data, crc)


def _table_driven(width: int, polynomial: int) -> Callable[[bytes | memoryview, int], int]:
    """A CRC in plain Python (about 15 MB/s), used when the compiled one is not installed."""
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (polynomial if value & 1 else 0)
        table.append(value)
    ones = (1 << width) - 1

    def crc_of(data: bytes | memoryview, crc: int) -> int:
        crc ^= ones
        for byte in data:
            crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        return crc ^ ones

    return crc_of


@cache
def _shift(width: int, polynomial: int, size_bytes: int) -> int:
    """Returns x to the power of ``8 * size_bytes`` modulo the polynomial: so many zero bytes."""
    one = 1 << (width - 1)
    result, power = one, one >> 8
    while size_bytes:
        if size_bytes & 1:
            result = _multiply(power, result, width, polynomial)
        power = _multiply(power, power, width, polynomial)
        size_bytes >>= 1
    return result


def _multiply(a: int, b: int, width: int, polynomial: int) -> int:
    """The product of two polynomials over GF(2), reflected (highest bit is x to the power 0)."""
    product = 0
    bit = 1 << (width - 1)
    while bit:
        if a & bit:
            product ^= b
        b = (b >> 1) ^ (polynomial if b & 1 else 0)
        bit >>= 1
    return product
