"""Reads one curve: positions on the axis that was asked for, and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clary.store.metrics.extremes import shape_indexes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clary.services.context import Context
    from clary.store.metrics import Points
    from clary.store.series.points import Axis

    from ._series_request import SeriesRequest


@dataclass(frozen=True, slots=True)
class SeriesSource:
    """Where the points of a curve are. zero: the time of 0 on the axis of relative time.

    x_owner: who has the points of the metric on the x axis; empty without one.
    """

    owner: str
    metric: str
    zero: float
    x_owner: str = ""


@dataclass(frozen=True, slots=True)
class SeriesCurve:
    """x, values: [N], by x."""

    x: NDArray[Any]
    values: NDArray[Any]


NOTHING = SeriesCurve(np.empty(0), np.empty(0))

MOST_PAIRS = 100_000
"""Points of one series that are read for an axis that is a metric."""


def read_curve(ctx: Context, source: SeriesSource, request: SeriesRequest) -> SeriesCurve:
    """Reads at most as many points as a chart can show, with the lowest and the highest ones."""
    if request.axis == "Metric":
        return _reduced(read_sample(ctx, source, request, MOST_PAIRS)[0], request.points)
    axis, start, end = _window(source, request)
    points = ctx.metrics.series(
        source.owner, source.metric, x=axis, start=start, end=end, limit=request.points
    )
    return _on_axis(points, source, request)


def read_sample(
    ctx: Context, source: SeriesSource, request: SeriesRequest, most: int
) -> tuple[SeriesCurve, bool]:
    """Reads about ``most`` points, evenly chosen, and tells whether these are all of the window."""
    if request.axis != "Metric":
        axis, start, end = _window(source, request)
        points, is_whole = ctx.metrics.sample(
            source.owner, source.metric, x=axis, start=start, end=end, most=most
        )
        return _on_axis(points, source, request), is_whole
    y, y_whole = _all(ctx, source.owner, source.metric, most)
    x, x_whole = _all(ctx, source.x_owner, request.x_metric, most)
    pairs = _paired(y, x, is_exact=x_whole)
    inside = np.ones(len(pairs.x), bool)
    if request.start is not None:
        inside &= pairs.x >= request.start
    if request.end is not None:
        inside &= pairs.x <= request.end
    return SeriesCurve(pairs.x[inside], pairs.values[inside]), y_whole and x_whole


def _window(source: SeriesSource, request: SeriesRequest) -> tuple[Axis, float | None, float | None]:
    if request.axis == "Step":
        return "step", request.start, request.end
    zero = source.zero if request.axis == "RelativeTime" else 0.0
    start = None if request.start is None else request.start + zero
    return "at", start, None if request.end is None else request.end + zero


def _on_axis(points: Points, source: SeriesSource, request: SeriesRequest) -> SeriesCurve:
    if request.axis == "Step":
        x: NDArray[Any] = np.asarray(points.step)
    else:
        x = np.asarray(points.at) - (source.zero if request.axis == "RelativeTime" else 0.0)
    return SeriesCurve(x, np.asarray(points.value))


def _all(ctx: Context, owner: str, metric: str, most: int) -> tuple[Points, bool]:
    """By step; by time where the series has no steps."""
    points, is_whole = ctx.metrics.sample(owner, metric, x="step", start=None, end=None, most=most)
    if len(points) > 0:
        return points, is_whole
    return ctx.metrics.sample(owner, metric, x="at", start=None, end=None, most=most)


def _paired(y: Points, x: Points, *, is_exact: bool) -> SeriesCurve:
    """Gives each point of y the value that x had last. A sample of x is interpolated."""
    by_step = _has_steps(y) and _has_steps(x)
    place, known = (np.asarray(each.step if by_step else each.at, float) for each in (y, x))
    values, at_x = np.asarray(y.value), np.asarray(x.value)
    known, at_x = known[np.isfinite(at_x)], at_x[np.isfinite(at_x)]
    if len(known) == 0 or len(place) == 0:
        return NOTHING
    inside = place >= known[0]
    place, values = place[inside], values[inside]
    if is_exact:
        positions = at_x[np.searchsorted(known, place, side="right") - 1]
    else:
        positions = np.interp(place, known, at_x)
    order = np.argsort(positions, kind="stable")
    return SeriesCurve(positions[order], values[order])


def _has_steps(points: Points) -> bool:
    return len(points) > 0 and min(points.step) >= 0


def _reduced(curve: SeriesCurve, limit: int) -> SeriesCurve:
    if len(curve.x) <= limit:
        return curve
    kept = shape_indexes(curve.values, max(1, limit // 2 - 1))
    return SeriesCurve(curve.x[kept], curve.values[kept])
