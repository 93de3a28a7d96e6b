"""Chunks: points of a series in the order of arrival, packed into rows with their extremes.

    series  |■■■■ 512 ■■■■|■■■■ 512 ■■■■|▪ ▪▪▪ ▪ ▪▪|
                                         └ tail: one row for each batch that was folded in

A batch that is folded in becomes one row of the tail. When the tail has enough points for a full chunk, its
rows become one. So every point is written twice here and once in the inbox, however small its batch is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from clary.store.dialects import numbers_in
from clary.store.prepared import Prepared
from clary.store.schema import metric_chunks as table

from .points import NO_STEP, Axis, Points, pack, pack_one, unpack, unpack_into
from .summary import finite_values

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

FULL = 512
"""Points in a full chunk: many, so that there are few rows, but not so many that a chart of a million points
lacks extremes for its 2,000 points."""

Row = dict[str, Any]
ExtentRow = tuple[Any, ...]
"""What an Extent has after its axis."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A chunk without its points. start, end: its range on the axis ``x``; None without a value there."""

    x: Axis
    first: int
    count: int
    start: float | None
    end: float | None
    stepless: int
    low: bytes | None
    high: bytes | None

    def touches(self, start: float | None, end: float | None) -> bool:
        """Whether a point of the chunk may be in the range."""
        if self.start is None or self.end is None:
            return False
        return (end is None or self.start <= end) and (start is None or self.end >= start)

    def inside(self, start: float | None, end: float | None) -> bool:
        """Whether all points of the chunk are in the range."""
        if self.start is None or self.end is None or (self.x == "step" and self.stepless):
            return False
        return (start is None or self.start >= start) and (end is None or self.end <= end)


def new_rows(
    connection: Connection, series: int, first: int, packed: int, points: Points
) -> tuple[list[Row], int]:
    """Returns the rows to insert for new points, and the index up to which the series is packed then.

    first: index of the first new point. packed: index of the first point that is not in a full chunk; its
    rows are removed when they become a full chunk.
    """
    if first - packed + len(points) < FULL:
        return [_row(series, first, points)], packed
    if packed < first:
        tail = Points()
        for (blob,) in _TAIL.rows(connection, {"series_": series, "packed": packed}):
            unpack_into(tail, blob)
        tail.extend(points)
        _REMOVE_TAIL.execute(connection, {"series_": series, "packed": packed})
        points = tail
    rows = [
        _row(series, packed + offset, points[offset : offset + FULL])
        for offset in range(0, len(points), FULL)
    ]
    return rows, packed + len(points) // FULL * FULL


def insert_rows(connection: Connection, rows: list[Row]) -> None:
    _INSERT.execute_many(connection, rows)


def read_extents(
    connection: Connection, series: int, x: Axis, start: float | None, end: float | None
) -> list[Extent]:
    """Returns the chunks that may have a point with start <= x <= end, in the order of arrival."""
    return touching(read_extent_rows(connection, series, x), x, start, end)


def read_extent_rows(connection: Connection, series: int, x: Axis) -> list[ExtentRow]:
    """Returns all chunks of a series, in the order of arrival."""
    return _EXTENTS[x].rows(connection, {"series_": series})


def touching(rows: list[ExtentRow], x: Axis, start: float | None, end: float | None) -> list[Extent]:
    """Returns those of the chunks that may have a point with start <= x <= end."""
    extents = (Extent(x, *row) for row in rows)
    return [extent for extent in extents if extent.touches(start, end)]


def read_points(
    connection: Connection, series: int, extents: list[Extent], start: float | None, end: float | None
) -> Points:
    """Returns the points of chunks with start <= x <= end, in the order of arrival."""
    points = Points()
    if not extents:
        return points
    wanted = {extent.first: extent for extent in extents}
    chosen = {"series_": series, "firsts": orjson.dumps(list(wanted)).decode()}
    for first, blob in iter(_CHOSEN.execute(connection, chosen).fetchone, None):
        extent = wanted[first]
        if extent.inside(start, end):
            unpack_into(points, blob)
        else:
            points.extend(unpack(blob).between(extent.x, start, end))
    return points


def _row(series: int, first: int, points: Points) -> Row:
    if len(points) == 1:
        return _row_of_one(series, first, points)
    stepless = points.step.count(NO_STEP)
    steps = [step for step in points.step if step != NO_STEP] if stepless else points.step
    finite = finite_values(points.value)
    return {
        "series": series,
        "first": first,
        "count": len(points),
        "start_at": min(points.at),
        "end_at": max(points.at),
        "start_step": min(steps, default=None),
        "end_step": max(steps, default=None),
        "stepless": stepless,
        "low": pack_one(points, points.value.index(min(finite))) if finite else None,
        "high": pack_one(points, points.value.index(max(finite))) if finite else None,
        "points": pack(points),
    }


def _row_of_one(series: int, first: int, points: Points) -> Row:
    """``_row`` for one point, which a training loop sends for each metric at every step."""
    at, step = points.at[0], points.step[0]
    packed = pack_one(points, 0)
    extreme = packed if isfinite(points.value[0]) else None
    return {
        "series": series,
        "first": first,
        "count": 1,
        "start_at": at,
        "end_at": at,
        "start_step": None if step == NO_STEP else step,
        "end_step": None if step == NO_STEP else step,
        "stepless": int(step == NO_STEP),
        "low": extreme,
        "high": extreme,
        "points": packed,
    }


_INSERT = Prepared(table.insert(), [column.name for column in table.c])
_OF_SERIES = table.c.series == sa.bindparam("series_")
_NOT_PACKED = sa.and_(_OF_SERIES, table.c.first >= sa.bindparam("packed"))
_TAIL = Prepared(sa.select(table.c.points).where(_NOT_PACKED).order_by(table.c.first))
_REMOVE_TAIL = Prepared(table.delete().where(_NOT_PACKED))
# The chunks as one JSON list, so that the statement is the same for any number of them.
_FIRSTS = numbers_in(sa.bindparam("firsts"))
_CHOSEN = Prepared(
    sa.select(table.c.first, table.c.points)
    .where(_OF_SERIES, table.c.first.in_(_FIRSTS))
    .order_by(table.c.first)
)
_EXTENTS = {
    x: Prepared(
        sa.select(table.c.first, table.c.count, start, end, table.c.stepless, table.c.low, table.c.high)
        .where(_OF_SERIES)
        .order_by(table.c.first)
    )
    for x, start, end in (
        ("at", table.c.start_at, table.c.end_at),
        ("step", table.c.start_step, table.c.end_step),
    )
}
