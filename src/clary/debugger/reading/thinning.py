"""Chooses a part of a long list, evenly, with its end. A list that grows keeps what was chosen before."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Each = TypeVar("Each")


def thinned(items: Sequence[Each], most: int) -> list[Each]:
    """At most ``most`` and one more: every 1st, 2nd, 4th, 8th ... of them, and the last."""
    stride = 1
    while len(items) > most * stride:
        stride *= 2
    chosen = list(items[::stride])
    if items and (len(items) - 1) % stride:
        chosen.append(items[-1])
    return chosen
