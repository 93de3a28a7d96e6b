"""Tells what a model folder holds, so that copies of one model are known as such.

The SDKs download the archive of a model, add the code that serves it, and upload the copy under another name.
The weights in it stay as they were. They are the largest file; its length, its first and its last bytes
identify it without reading gigabytes.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from .beneath import open_beneath, walk_beneath

if TYPE_CHECKING:
    from pathlib import Path

PART_BYTES = 1 << 20
LEAST_BYTES = 128
"""Smaller files may be equal by chance."""

CODE = "code/"
"""Where the code that serves a model lies in its archive."""


def model_content(root: Path, relative: str) -> str:
    """Returns the identity of the largest file under ``root/relative``; empty without one."""
    sizes = {
        entry.relative: entry.status.st_size
        for entry in walk_beneath(root, relative)
        if not entry.is_link and not entry.relative.startswith(CODE)
    }
    # The name decides between files of one size, so that each host of a job has the same answer.
    largest = max(sizes, key=lambda name: (sizes[name], name), default="")
    if not largest or sizes[largest] < LEAST_BYTES:
        return ""
    try:
        descriptor = open_beneath(root, f"{relative}/{largest}")
    except OSError:
        return ""
    with open(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        digest = hashlib.sha256(f"{size} ".encode())
        digest.update(file.read(PART_BYTES))
        if size > PART_BYTES:
            file.seek(max(PART_BYTES, size - PART_BYTES))
            digest.update(file.read(PART_BYTES))
    return digest.hexdigest()
