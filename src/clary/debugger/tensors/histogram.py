"""TensorBoard's histograms. Bucket limits: 1e-12 to 1e20, each 1.1 times the one before; 0; the negatives."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np


class Histogram(NamedTuple):
    """``counts[i]`` is the number of values v with ``limits[i - 1] < v <= limits[i]``."""

    minimum: float
    maximum: float
    number: int
    total: float
    total_of_squares: float
    limits: Any
    counts: Any


def histogram(array: Any) -> Histogram | None:
    """The histogram of all finite elements, without empty buckets at the ends; None if there are none."""
    values = np.asarray(array, dtype=np.float64).reshape(-1)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return None
    limits = _limits()
    at = np.searchsorted(limits, np.clip(values, limits[0], limits[-1]), side="left")
    counts = np.bincount(at, minlength=limits.size)
    used = np.flatnonzero(counts)
    # Keep one empty bucket before the first: TensorBoard uses the limit below a bucket as its left edge.
    first, last = max(int(used[0]) - 1, 0), int(used[-1])
    return Histogram(
        float(values.min()),
        float(values.max()),
        int(values.size),
        float(values.sum()),
        float(values.dot(values)),
        limits[first : last + 1],
        counts[first : last + 1],
    )


@lru_cache(maxsize=1)
def _limits() -> Any:
    positive = []
    value = 1e-12
    while value < 1e20:
        positive.append(value)
        value *= 1.1
    return np.array([-value for value in reversed(positive)] + [0.0, *positive])
