"""The sentences of AWS for values that break a constraint."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from .constraints import ENUM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from botocore.model import Shape

MOST_LISTED = 40
"""The most values of an enumeration that a message lists. Of longer ones it lists similar values only."""
NEAR_ONES = 5
LONGEST_COMPARED = 64

MAX_SHOWN = 1024
"""The most characters of a value that a message repeats."""


def null_failure(path: str) -> str:
    """Returns the sentence for a value that is missing."""
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def failure(shape: Shape, value: Any, path: str, text: str) -> str:
    """Returns the sentence for a value at a path; text: of the constraint that it breaks."""
    # AWS does not repeat values of sensitive shapes either.
    if text.startswith(ENUM) and len(shape.metadata["enum"]) > MOST_LISTED:
        text = f"{ENUM}: [{_near(str(value), shape.metadata['enum'])}]"
    shown = "Value" if shape.metadata.get("sensitive") else f"Value '{_cut(_shown(value))}'"
    return f"{shown} at '{path}' failed to satisfy constraint: {text}"


def _near(value: str, allowed: Sequence[str]) -> str:
    """Returns the allowed values that are similar, as text: there can be hundreds of values."""
    near = (
        difflib.get_close_matches(value[:LONGEST_COMPARED], allowed, n=NEAR_ONES, cutoff=0.5)
        or allowed[:NEAR_ONES]
    )
    return f"{', '.join(near)}, ... {len(allowed)} in all"


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _shown(value: Any) -> str:
    """Returns a value as Java prints it, or at least MAX_SHOWN characters of it."""
    pieces: list[str] = []
    size = 0
    for piece in _pieces(value):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_SHOWN:
            break
    return "".join(pieces)


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, list | dict):
        yield "[" if isinstance(value, list) else "{"
        for number, item in enumerate(value):
            yield ", " if number else ""
            if isinstance(value, dict):
                yield f"{item}="
                item = value[item]
            yield from _pieces(item)
        yield "]" if isinstance(value, list) else "}"
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, bytes):
        yield f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    else:
        yield "null" if value is None else str(value)
