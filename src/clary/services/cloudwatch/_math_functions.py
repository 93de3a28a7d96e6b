"""Time series, and the functions that metric math has for them."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


class MathError(ValueError):
    """An expression has no value; the message says why."""


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """points: epoch seconds to finite value, in order of time."""

    label: str
    period_s: int
    points: Mapping[float, float]

    def with_points(self, points: Iterable[tuple[float, float]]) -> TimeSeries:
        """A series with these points in place of its own; those that are not finite are left out."""
        finite = {at: value for at, value in points if math.isfinite(value)}
        return TimeSeries(self.label, self.period_s, finite)

    def filled(self, grid: Iterable[float], constant: float) -> TimeSeries:
        """The series with a point at every time of ``grid``. constant: the value of new points.

        Where constant is NaN, a new point has the value of the one before.
        """
        points: list[tuple[float, float]] = []
        last = constant
        for at in grid:
            value = self.points.get(at)
            if math.isnan(constant) and value is not None:
                last = value
            points.append((at, last if value is None else value))
        return self.with_points(points)


Value = float | TimeSeries | list[TimeSeries]


def combined(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """``function`` of two numbers, of a series point by point, or of an array series by series.

    Raises MathError for two arrays.
    """
    if isinstance(left, list) and isinstance(right, list):
        raise MathError("an operator takes one array [...] only; give a number or a time series beside it")
    if isinstance(left, list):
        return [_of_series(function, series, right) for series in left]
    if isinstance(right, list):
        return [_of_series(function, left, series) for series in right]
    if isinstance(left, float) and isinstance(right, float):
        return _computed(function, left, right)
    return _of_series(function, left, right)


def _of_series(function: Callable[[float, float], float], left: Value, right: Value) -> TimeSeries:
    if isinstance(left, TimeSeries) and isinstance(right, TimeSeries):
        both = ((at, value, right.points[at]) for at, value in left.points.items() if at in right.points)
        return left.with_points((at, _computed(function, one, other)) for at, one, other in both)
    if isinstance(left, TimeSeries) and isinstance(right, float):
        return left.with_points((at, _computed(function, value, right)) for at, value in left.points.items())
    assert isinstance(left, float)
    assert isinstance(right, TimeSeries)
    return right.with_points((at, _computed(function, left, value)) for at, value in right.points.items())


def _computed(function: Callable[..., float], *arguments: float | Sequence[float]) -> float:
    """NaN where there is no value: a division by zero, a root of a negative number, a number too large."""
    try:
        return function(*arguments)
    except (ArithmeticError, ValueError):
        return math.nan


def _pointwise(function: Callable[[float], float]) -> Callable[[Value], Value]:
    return lambda value: combined(lambda number, _: function(number), value, 0.0)


def _reduced(function: Callable[[Sequence[float]], float]) -> Callable[[Value], Value]:
    """A number of a series; a series of an array, with the times that any of them has."""

    def reduced(value: Value) -> Value:
        if isinstance(value, float):
            raise MathError("AVG, MAX, MIN, STDDEV and SUM take a time series or an array, not a number")
        if isinstance(value, TimeSeries):
            return _computed(function, list(value.points.values())) if value.points else math.nan
        at_each: dict[float, list[float]] = {}
        for series in value:
            for at, number in series.points.items():
                at_each.setdefault(at, []).append(number)
        whole = value[0] if value else TimeSeries("", 60, {})
        return whole.with_points((at, _computed(function, at_each[at])) for at in sorted(at_each))

    return reduced


def _over_time(
    function: Callable[[list[tuple[float, float]]], Iterable[tuple[float, float]]],
) -> Callable[[Value], Value]:
    def changed(value: Value) -> Value:
        if isinstance(value, float):
            raise MathError("DIFF, PERIOD, RATE and RUNNING_SUM take a time series, not a number")
        if isinstance(value, TimeSeries):
            return value.with_points(function(list(value.points.items())))
        return [series.with_points(function(list(series.points.items()))) for series in value]

    return changed


def _period(value: Value) -> Value:
    if not isinstance(value, TimeSeries):
        raise MathError("PERIOD takes one time series")
    return float(value.period_s)


def _deviation(numbers: Sequence[float]) -> float:
    mean = statistics.fmean(numbers)
    return math.sqrt(statistics.fmean((number - mean) ** 2 for number in numbers))


FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "ABS": _pointwise(abs),
    "AVG": _reduced(statistics.fmean),
    "CEIL": _pointwise(lambda number: float(math.ceil(number))),
    "DIFF": _over_time(
        lambda points: ((at, value - before) for (_, before), (at, value) in pairwise(points))
    ),
    "FLOOR": _pointwise(lambda number: float(math.floor(number))),
    "LOG": _pointwise(math.log),
    "LOG10": _pointwise(math.log10),
    "MAX": _reduced(max),
    "MIN": _reduced(min),
    "PERIOD": _period,
    "RATE": _over_time(
        lambda points: (
            (at, (value - before) / (at - began)) for (began, before), (at, value) in pairwise(points)
        )
    ),
    "RUNNING_SUM": _over_time(
        lambda points: zip((at for at, _ in points), accumulate(value for _, value in points), strict=True)
    ),
    "STDDEV": _reduced(_deviation),
    "SUM": _reduced(math.fsum),
}
"""The functions with one argument."""
