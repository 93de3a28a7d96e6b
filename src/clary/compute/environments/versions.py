"""Which version is nearest to the one that was asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def version_key(version: str) -> tuple[int, ...]:
    """``1.10.2`` as (1, 10, 2); what is not a number counts by its leading digits, else 0."""
    return tuple(int(digits[0]) if (digits := re.match(r"\d+", part)) else 0 for part in version.split("."))


def matches(wanted: str, version: str) -> bool:
    """Whether ``wanted`` names the version: 2.6 names 2.6.0 and 2.6.3; an empty one names every version."""
    target = version_key(wanted) if wanted else ()
    return version_key(version)[: len(target)] == target


def nearest_first(wanted: str, offered: Iterable[str]) -> list[str]:
    """``offered`` from the best stand-in for ``wanted`` to the worst.

    First what ``wanted`` names (2.6 names 2.6.0 and 2.6.3; the highest first), then the same major
    version, then the others; of each, newer ones upwards before older ones downwards, because code
    more often survives a newer library than it finds what an older one lacks.
    Without a wanted version the newest is first.
    """
    if not wanted:
        return sorted(offered, key=version_key, reverse=True)
    target = version_key(wanted)

    def rank(version: str) -> tuple[int, ...]:
        key = version_key(version)
        if matches(wanted, version):
            return (0, *(-part for part in key))
        other_major = int(key[0] != target[0])
        return (1 + other_major, 0, *key) if key > target else (1 + other_major, 1, *(-part for part in key))

    return sorted(offered, key=rank)


def nearest_pythons(wanted: str, present: Iterable[str], *, oldest: str, newest: str) -> list[str]:
    """The Pythons of ``present`` (``3.11``) from ``oldest`` to ``newest``, nearest to ``wanted`` first."""
    low, high, target = version_key(oldest), version_key(newest), version_key(wanted)
    usable = [python for python in present if low <= version_key(python) <= high]
    return sorted(usable, key=lambda python: (abs(version_key(python)[1] - target[1]), version_key(python)))
