"""Files in memory: they pass data to another process without showing it in its command line."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def memory_file(name: str, content: bytes) -> Iterator[int]:
    """Yields a descriptor to read ``content`` from; a process that inherits it can read too."""
    descriptor = os.memfd_create(f"clary-{name}")
    try:
        with open(os.dup(descriptor), "wb") as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
