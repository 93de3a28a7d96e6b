"""Page tokens of lists that are sorted in memory: where the page ended, as JSON in base64."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from types import UnionType


def write_token(*position: str | float) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode()


def read_token(token: str, *types: type | UnionType) -> list[Any] | None:
    """The position that ``write_token`` was given; None for a text that holds no values of these types."""
    try:
        position = orjson.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
    except ValueError:
        return None
    if not isinstance(position, list) or len(position) != len(types):
        return None
    fits = all(
        isinstance(value, kind) and not isinstance(value, bool)
        for value, kind in zip(position, types, strict=True)
    )
    return position if fits else None
