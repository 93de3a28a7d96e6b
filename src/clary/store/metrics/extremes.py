"""The points of a curve that keep its shape: the lowest and the highest of each bucket, and both ends."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def shape_indexes(values: NDArray[Any], buckets: int) -> NDArray[Any]:
    """Returns sorted indexes of at most ``2 * buckets + 2`` points, none of NaN or an infinity.

    values: [N], in the order of the axis. Each bucket has about the same number of points.
    """
    count = len(values)
    finite = np.isfinite(values)
    if not finite.any():
        return np.empty(0, np.intp)
    edges = np.unique(np.arange(buckets + 1) * count // buckets)
    low = np.where(finite, values, np.inf)
    high = np.where(finite, values, -np.inf)
    chosen = [0, count - 1]
    for left, right in itertools.pairwise(edges):
        chosen.append(int(left + low[left:right].argmin()))
        chosen.append(int(left + high[left:right].argmax()))
    kept = np.unique(chosen)
    shape: NDArray[Any] = kept[finite[kept]]
    return shape
