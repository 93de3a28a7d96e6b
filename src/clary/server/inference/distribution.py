"""Many measurements as a few points with a weight each: what a metric stores for some seconds.

A point is a value and how many measurements it stands for. Values that differ by less than 5 % share a point,
which has their mean; the lowest and the highest have points of their own. So sum, average, number, minimum
and maximum are exact, and a percentile is within 5 %.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PER_LOG = 1 / math.log(1.05)
_NONE = -(10**6)
"""The bucket of values that are not positive."""


class Distribution:
    """Measurements. Not for two threads at a time."""

    __slots__ = ("_counts", "_highest", "_lowest", "_sums")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._sums: dict[int, float] = {}
        self._lowest = math.inf
        self._highest = -math.inf

    def add(self, value: float) -> None:
        bucket = _bucket(value)
        self._counts[bucket] = self._counts.get(bucket, 0) + 1
        self._sums[bucket] = self._sums.get(bucket, 0.0) + value
        self._lowest = min(value, self._lowest)
        self._highest = max(value, self._highest)

    def points(self) -> Iterator[tuple[float, int]]:
        """Yields (value, weight) by value."""
        counts, sums = dict(self._counts), dict(self._sums)
        total = sum(counts.values())
        extremes = [self._lowest] if total == 1 else [self._lowest, self._highest] if total else []
        for extreme in extremes:
            counts[_bucket(extreme)] -= 1
            sums[_bucket(extreme)] -= extreme
        yield from ((extreme, 1) for extreme in extremes[:1])
        for bucket in sorted(counts):
            if counts[bucket]:
                mean = sums[bucket] / counts[bucket]
                yield min(max(mean, self._lowest), self._highest), counts[bucket]
        yield from ((extreme, 1) for extreme in extremes[1:])


def _bucket(value: float) -> int:
    return math.floor(math.log(value) * _PER_LOG) if value > 0 else _NONE
