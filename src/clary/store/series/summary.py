"""The summary of a series: count, extremes, mean, deviation and last value.

The summaries of two parts of a series can be merged (Chan's form of Welford's algorithm). Only ``last``
depends on hosts and times: a late point, or one of another host than the first, does not change it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .points import NO_STEP

if TYPE_CHECKING:
    from array import array

    from .points import Points


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of one series.

    finite: how many of the ``count`` points have a finite value; minimum, maximum, average and deviation are
    over these, and None without any. last: the value with the latest time of the host with the lowest number,
    and of the later arrival if times are equal; it may be NaN or infinite. last_at: epoch seconds.
    last_host: the number of that host; None for points without a host, which count as the highest number.
    """

    name: str
    count: int
    finite: int
    minimum: float | None
    maximum: float | None
    last: float
    last_at: float
    last_step: int | None
    last_host: int | None
    average: float | None
    m2: float
    """Sum of squared differences from the average."""

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the points themselves (divided by N)."""
        return math.sqrt(self.m2 / self.finite) if self.finite else None


def summarize(name: str, points: Points, host: int | None = None) -> Summary:
    """Summarizes points of one host, at least one, in the order of arrival."""
    if len(points) == 1:
        return _summary_of_one(name, points, host)
    last_at = max(points.at)
    last = len(points) - 1 - points.at[::-1].index(last_at)
    last_step = points.step[last]
    values = finite_values(points.value)
    average = _mean(values) if values else None
    return Summary(
        name=name,
        count=len(points),
        finite=len(values),
        minimum=min(values, default=None),
        maximum=max(values, default=None),
        last=points.value[last],
        last_at=last_at,
        last_step=None if last_step == NO_STEP else last_step,
        last_host=host,
        average=average,
        m2=_squares(values, average) if average is not None else 0.0,
    )


def merge(first: Summary, then: Summary) -> Summary:
    """Returns the summary of both parts. ``then`` arrived after ``first``."""
    newest = then if _replaces_last(first, then) else first
    average, m2 = _merge_moments(first, then)
    lows = [low for low in (first.minimum, then.minimum) if low is not None]
    highs = [high for high in (first.maximum, then.maximum) if high is not None]
    return Summary(
        name=first.name,
        count=first.count + then.count,
        finite=first.finite + then.finite,
        minimum=min(lows, default=None),
        maximum=max(highs, default=None),
        last=newest.last,
        last_at=newest.last_at,
        last_step=newest.last_step,
        last_host=newest.last_host,
        average=average,
        m2=m2,
    )


def finite_values(values: array[float]) -> array[float]:
    """Returns the values without NaN and the infinities."""
    if all(map(math.isfinite, values)):
        return values
    return type(values)("d", filter(math.isfinite, values))


def _summary_of_one(name: str, points: Points, host: int | None) -> Summary:
    """``summarize`` for one point, which a training loop sends for each metric at every step."""
    at, step, value = points.at[0], points.step[0], points.value[0]
    number = value if math.isfinite(value) else None
    last_step = None if step == NO_STEP else step
    return Summary(name, 1, int(number is not None), number, number, value, at, last_step, host, number, 0.0)


def _replaces_last(first: Summary, then: Summary) -> bool:
    if first.last_host != then.last_host:
        return first.last_host is None or (then.last_host is not None and then.last_host < first.last_host)
    return then.last_at >= first.last_at


def _merge_moments(first: Summary, then: Summary) -> tuple[float | None, float]:
    if first.average is None or then.average is None:
        return (then.average, then.m2) if first.average is None else (first.average, first.m2)
    total = first.finite + then.finite
    share = then.finite / total
    # A weighted mean cannot overflow; the difference of two huge averages may.
    average = first.average * (1.0 - share) + then.average * share
    delta = then.average - first.average
    return average, first.m2 + then.m2 + delta * delta * first.finite * share


def _mean(values: array[float]) -> float:
    try:
        return math.fsum(values) / len(values)
    except OverflowError:
        return math.fsum(value / len(values) for value in values)


def _squares(values: array[float], average: float) -> float:
    # Multiplied, because ** raises OverflowError and * returns infinity.
    return sum((value - average) * (value - average) for value in values)
