"""The points of a curve that keep its shape: the lowest and the highest of each bucket, and both ends.

A bucket in which no value is finite is a gap: its first and its last point stand for it, so that a chart
does not draw a line over a stretch without values. A single NaN among values leaves no gap: at that scale it
is narrower than a pixel.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def shape_indexes(values: NDArray[Any], buckets: int) -> NDArray[Any]:
    """Returns sorted indexes of at most ``2 * buckets + 2`` points; empty when no value is finite.

    values: [N], in the order of the axis. Each bucket has about the same number of points. Only the points
    of a gap are NaN or an infinity.
    """
    count = len(values)
    finite = np.isfinite(values)
    if not finite.any():
        return np.empty(0, np.intp)
    edges = np.unique(np.arange(buckets + 1) * count // buckets)
    low = np.where(finite, values, np.inf)
    high = np.where(finite, values, -np.inf)
    chosen = [index for index in (0, count - 1) if finite[index]]
    for left, right in itertools.pairwise(edges):
        if finite[left:right].any():
            chosen.append(int(left + low[left:right].argmin()))
            chosen.append(int(left + high[left:right].argmax()))
        else:
            chosen += [int(left), int(right) - 1]
    return np.unique(chosen)
