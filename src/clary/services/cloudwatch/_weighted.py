"""Statistics of points that stand for several measurements each."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clary.store.metrics import Points


def weighted_statistic(name: str, points: Points) -> float:
    """The statistic of points whose step is their weight. name: a valid one."""
    count = sum(points.step)
    if name == "SampleCount":
        return float(count)
    if name == "Minimum":
        return min(points.value)
    if name == "Maximum":
        return max(points.value)
    if name.startswith("p"):
        return _percentile(points, count, float(name[1:]))
    total = sum(weight * value for weight, value in zip(points.step, points.value, strict=True))
    return total if name == "Sum" else total / count


def _percentile(points: Points, count: int, percent: float) -> float:
    """Interpolates between the two nearest measurements, as if each had a point of its own."""
    ranked = sorted(zip(points.value, points.step, strict=True))
    ends = list(accumulate(weight for _, weight in ranked))
    rank = (count - 1) * percent / 100
    low = int(rank)
    below = ranked[bisect_right(ends, low)][0]
    above = ranked[bisect_right(ends, min(low + 1, count - 1))][0]
    return below + (above - below) * (rank - low)
