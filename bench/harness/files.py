"""Files for measurements."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def random_file(path: Path, size: int) -> Path:
    """Writes ``size`` bytes that do not compress, in blocks that all differ."""
    block = bytearray(os.urandom(MIB))
    with path.open("wb") as file:
        for number in range(0, size, MIB):
            block[:8] = number.to_bytes(8, "big")
            file.write(block[: min(MIB, size - number)])
    return path
