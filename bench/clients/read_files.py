"""Reads the beginning of each file of a folder, as a script does; prints how many bytes that were."""

from __future__ import annotations

import sys
from pathlib import Path

PIECE_BYTES = 1 << 20


def main(folder: str, most_bytes: int) -> int:
    total = 0
    buffer = bytearray(PIECE_BYTES)
    for path in sorted(each for each in Path(folder).rglob("*") if each.is_file()):
        left = most_bytes
        with path.open("rb", buffering=0) as file:
            while left > 0 and (count := file.readinto(memoryview(buffer)[:left])):
                left -= count
                total += count
    return total


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])))
