"""Finds the available version that is nearest to the requested one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def version_key(version: str) -> tuple[int, ...]:
    """Returns ``1.10.2`` as (1, 10, 2); a part counts by its leading digits, else as 0."""
    return tuple(int(digits[0]) if (digits := re.match(r"\d+", part)) else 0 for part in version.split("."))


def matches(wanted: str, version: str) -> bool:
    """Returns whether ``wanted`` names the version: 2.6 names 2.6.0 and 2.6.3; empty names every version."""
    target = version_key(wanted) if wanted else ()
    return version_key(version)[: len(target)] == target


def nearest_first(wanted: str, offered: Iterable[str]) -> list[str]:
    """Returns ``offered`` from the best substitute for ``wanted`` to the worst.

    First the versions that ``wanted`` names (2.6 names 2.6.0 and 2.6.3), the highest first; then the same
    major version; then the others. In each group newer versions come first, in ascending order, then older
    ones, in descending order: code works with a newer library more often than with an older one. Without a
    wanted version the newest is first.
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
    """Returns Pythons of ``present`` (``3.11``) in the range, the nearest to ``wanted`` first."""
    low, high, target = version_key(oldest), version_key(newest), version_key(wanted)
    usable = [python for python in present if low <= version_key(python) <= high]
    return sorted(usable, key=lambda python: (abs(version_key(python)[1] - target[1]), version_key(python)))
