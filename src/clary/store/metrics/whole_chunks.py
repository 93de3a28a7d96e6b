"""The extremes of a series' chunks, reduced all at once: a chart of a whole series needs no point of them.

The general way (``reduce.py``) looks at one chunk after the other, which takes ten times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clary.store.series.chunks import Extent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clary.store.series.chunks import ExtentRow
    from clary.store.series.points import Axis

    from .reduce import Spot

_SPOT = np.dtype([("at", "<f8"), ("step", "<i8"), ("value", "<f8")])
"""As a chunk has its extremes."""


def reduce_chunks(rows: list[ExtentRow], x: Axis, buckets: int) -> tuple[list[Spot], list[Extent]] | None:
    """Returns the extremes of the buckets, and the chunks with the first and with the last point.

    rows: one or more, in the order of arrival. None where a point may lack a place on the axis, or a chunk a
    finite value: then it may be a gap.
    """
    _, counts, starts, ends, stepless, lows, highs = zip(*rows, strict=True)
    if None in starts or None in lows or (x == "step" and any(stepless)):
        return None
    start, end, count = np.array(starts), np.array(ends), np.array(counts)
    order = np.argsort(start, kind="stable")
    seen = np.cumsum(count[order]) - count[order]
    bucket = seen * buckets // count.sum()
    low, high = (np.frombuffer(b"".join(each), _SPOT)[order] for each in (lows, highs))
    spots = [*low[_least(low["value"], bucket)].tolist(), *high[_least(-high["value"], bucket)].tolist()]
    # Of points at the same place, the one that arrived first begins the chart, and the last one ends it.
    places = {int(start.argmin()), len(rows) - 1 - int(end[::-1].argmax())}
    return spots, [Extent(x, *rows[place]) for place in sorted(places)]


def _least(values: NDArray[Any], bucket: NDArray[Any]) -> NDArray[Any]:
    """The index of the first of the least values of each bucket. bucket: [N], in order."""
    by_value = np.lexsort((values, bucket))
    return by_value[np.flatnonzero(np.diff(bucket, prepend=-1))]
