"""Writes text files atomically."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.debugger.tensors.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Writes a file in UTF-8 and creates its folders. A reader sees the old content or the new.

    Raises OSError.
    """
    write_atomically(str(path), [text.encode()])
