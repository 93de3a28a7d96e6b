"""Reduces a series for a chart to a few points that keep its shape and all extremes.

The axis is divided into buckets with about the same number of points. The lowest and the highest point of
each bucket are kept. NaN and the infinities are left out, but a bucket that has nothing else is a gap
(``extremes.py``).

A long series has more chunks than the chart has buckets: then the extremes of the chunks are enough.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from math import isfinite, nan
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from clary.store.series.chunks import Extent, read_extent_rows, read_points, touching
from clary.store.series.points import NO_STEP, Axis, Points, unpack_one
from clary.store.series.summary import finite_values

from .extremes import shape_indexes
from .whole_chunks import reduce_chunks

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Spot = tuple[float, int, float]
"""(at, step, value)"""


@dataclass(frozen=True, slots=True)
class _Piece:
    """The wanted points of one chunk: their range on the axis, and their extremes.

    It is the range of the points, not of the chunk: if points arrive out of order, a chunk that reaches
    beyond the window may have no point near the end of the window.
    """

    extent: Extent
    start: float
    end: float
    count: int
    extremes: tuple[Spot, ...]
    """Empty when no value is finite."""


def read_reduced(
    connection: Connection, series: int, x: Axis, start: float | None, end: float | None, limit: int
) -> Points:
    """Returns at most ``limit`` (4 or more) points with start <= x <= end, by x; all if they are few.

    Of a point in a gap, only its place on x is known.
    """
    rows = read_extent_rows(connection, series, x)
    buckets = max(1, limit // 2 - 1)
    is_long = 2 * len(rows) >= buckets and sum(row[1] for row in rows) > limit
    whole = reduce_chunks(rows, x, buckets) if is_long and start is None and end is None else None
    if whole is not None:
        spots, extents = whole
        ends = read_points(connection, series, extents, None, None).ordered(x)
        spots += [spot for spot in (_spot(ends, 0), _spot(ends, -1)) if isfinite(spot[2])]
        return _spots_to_points(spots, [], x)
    extents = touching(rows, x, start, end)
    # If there are at least half as many chunks as buckets, their extremes are good enough: to read the
    # points of more chunks takes too long for a chart.
    if 2 * len(extents) < buckets:
        points = read_points(connection, series, extents, start, end).ordered(x)
        if len(points) <= limit:
            return points
        return points.pick(shape_indexes(np.asarray(points.value), buckets))
    pieces = [
        piece for extent in extents if (piece := _piece(connection, series, extent, start, end)) is not None
    ]
    if sum(piece.count for piece in pieces) <= limit:
        return read_points(connection, series, extents, start, end).ordered(x)
    spots, gaps = _reduce_pieces(pieces, buckets)
    if not spots:
        return Points()
    spots += [spot for spot in _ends(connection, series, pieces, start, end) if isfinite(spot[2])]
    return _spots_to_points(spots, gaps, x)


def _piece(
    connection: Connection, series: int, extent: Extent, start: float | None, end: float | None
) -> _Piece | None:
    """Returns the wanted points of a chunk; None without any. Reads the chunk only if a part is wanted."""
    if extent.inside(start, end) and extent.start is not None and extent.end is not None:
        low, high = extent.low, extent.high
        extremes = (unpack_one(low), unpack_one(high)) if low is not None and high is not None else ()
        return _Piece(extent, extent.start, extent.end, extent.count, extremes)
    part = read_points(connection, series, [extent], start, end)
    if len(part) == 0:
        return None
    places = part.axis(extent.x)
    return _Piece(extent, min(places), max(places), len(part), _extremes(part))


def _reduce_pieces(pieces: list[_Piece], buckets: int) -> tuple[list[Spot], list[float]]:
    """Returns the extremes of the buckets, and the places on the axis where gaps begin and end."""
    total = sum(piece.count for piece in pieces)
    lows: dict[int, Spot] = {}
    highs: dict[int, Spot] = {}
    ranges: dict[int, tuple[float, float]] = {}
    seen = 0
    for piece in sorted(pieces, key=lambda piece: piece.start):
        bucket = seen * buckets // total
        seen += piece.count
        first, last = ranges.get(bucket, (piece.start, piece.end))
        ranges[bucket] = (first, max(last, piece.end))
        for spot in piece.extremes:
            if bucket not in lows or spot[2] < lows[bucket][2]:
                lows[bucket] = spot
            if bucket not in highs or spot[2] > highs[bucket][2]:
                highs[bucket] = spot
    gaps = [place for bucket, ends in ranges.items() if bucket not in lows for place in ends]
    return [*lows.values(), *highs.values()], gaps


def _ends(
    connection: Connection, series: int, pieces: list[_Piece], start: float | None, end: float | None
) -> list[Spot]:
    """Returns the first and the last point of the chart, so that it has the whole range.

    pieces: in the order of arrival, which decides between points at the same x.
    """
    first = min(pieces, key=lambda piece: piece.start)
    last = max(reversed(pieces), key=lambda piece: piece.end)
    spots: list[Spot] = []
    for extent, index in ((first.extent, 0), (last.extent, -1)):
        part = read_points(connection, series, [extent], start, end).ordered(extent.x)
        spots.append(_spot(part, index))
    return spots


def _extremes(points: Points) -> tuple[Spot, ...]:
    values = finite_values(points.value)
    if not values:
        return ()
    low, high = points.value.index(min(values)), points.value.index(max(values))
    return (_spot(points, low), _spot(points, high))


def _spot(points: Points, index: int) -> Spot:
    return (points.at[index], points.step[index], points.value[index])


def _spots_to_points(spots: list[Spot], gaps: list[float], x: Axis) -> Points:
    """Returns each point once, by x, with NaN at the places of gaps."""
    place = 0 if x == "at" else 1
    holes: set[Spot] = {(each, NO_STEP, nan) if x == "at" else (nan, int(each), nan) for each in gaps}
    found = sorted({*spots, *holes}, key=itemgetter(place))
    at, step, value = zip(*found, strict=True)
    return Points(array("d", at), array("q", step), array("d", value))
