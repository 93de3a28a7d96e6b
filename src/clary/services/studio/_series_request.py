"""The request of ReadSeries, checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from clary.domain.errors import BadRequest

from ._request import MOST_TEXT, count_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_SERIES = 500
MOST_POINTS = 60_000
"""Points of one answer: 100 curves with 600 points each. A page draws them in a few milliseconds."""

AxisName = Literal["Step", "Time", "RelativeTime", "Metric"]
_AXES: tuple[AxisName, ...] = ("Step", "Time", "RelativeTime", "Metric")


@dataclass(frozen=True, slots=True)
class WantedSeries:
    """group: the name of the band that the series is a part of; None for a curve of its own."""

    resource_arn: str
    metric: str
    group: str | None


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """start, end: on the axis. points: the most points of each curve."""

    series: list[WantedSeries]
    axis: AxisName
    x_metric: str
    start: float | None
    end: float | None
    points: int


def series_request(request: Mapping[str, object]) -> SeriesRequest:
    """Raises BadRequest, which names the member."""
    raw = request.get("Series")
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_SERIES:
        raise BadRequest(f"Series has to be a list of 1 to {MOST_SERIES} series")
    series = [_wanted(index, each) for index, each in enumerate(raw)]
    found = request.get("XAxis", "Step")
    axis = next((each for each in _AXES if each == found), None)
    if axis is None:
        raise BadRequest(f"XAxis has to be one of {', '.join(_AXES)}")
    start, end = _number(request, "Start"), _number(request, "End")
    if start is not None and end is not None and start > end:
        raise BadRequest("Start has to be at most End")
    return SeriesRequest(
        series,
        axis,
        text_of(request, "XMetric") if axis == "Metric" else "",
        start,
        end,
        min(
            count_of(request, "Points", default=1_000, least=4, most=4_000),
            max(4, MOST_POINTS // len(series)),
        ),
    )


def _wanted(index: int, raw: object) -> WantedSeries:
    if not isinstance(raw, dict):
        raise BadRequest(f"Series[{index}] has to be an object with ResourceArn and MetricName")
    for member in ("ResourceArn", "MetricName", "Group"):
        value = raw.get(member, None if member == "Group" else "")
        if value is not None and not (isinstance(value, str) and 1 <= len(value) <= MOST_TEXT):
            raise BadRequest(f"Series[{index}].{member} has to be a text of 1 to {MOST_TEXT} characters")
    return WantedSeries(raw["ResourceArn"], raw["MetricName"], raw.get("Group"))


def _number(request: Mapping[str, object], name: str) -> float | None:
    value = request.get(name)
    if value is None:
        return None
    # A whole number may be too large for a float.
    if type(value) not in (int, float) or not isinstance(value, int | float) or abs(value) > 1e300:
        raise BadRequest(f"{name} has to be a finite number")
    return float(value) if math.isfinite(value) else None
