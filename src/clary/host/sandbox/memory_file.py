"""Files in memory, to hand to another process what no list of processes should show."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def memory_file(name: str, content: bytes) -> Iterator[int]:
    """A descriptor to read ``content`` from, wherever it is inherited; open inside the ``with``."""
    descriptor = os.memfd_create(f"clary-{name}")
    try:
        with open(os.dup(descriptor), "wb") as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
