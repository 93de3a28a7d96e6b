"""Which series a CloudWatch metric is, and its statistics over periods.

namespace                       dimension           series of
/aws/sagemaker/TrainingJobs     TrainingJobName     a training job
/aws/sagemaker/ProcessingJobs   ProcessingJobName   a processing job
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import BadRequest
from clary.kinds.catalogue import all_kinds
from clary.store.metrics import Points, summarize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_cloudwatch.type_defs import GetMetricStatisticsInputTypeDef, MetricUnionTypeDef

    from clary.services.context import Context
    from clary.store.metrics import Summary


@dataclass(frozen=True, slots=True)
class Namespace:
    """kind: of the jobs whose metrics are in it. dimension: the one that names a job."""

    name: str
    kind: str
    dimension: str


STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
SHORT_PERIODS_S = (1, 5, 10, 20, 30)
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")

Period = tuple[float, Points]
"""When it begins (epoch seconds), and its points."""


def namespaces() -> dict[str, Namespace]:
    """Those of every kind of job that has metrics, by name, in order."""
    spaces = [
        Namespace(kind.cluster.log_group, kind.record_kind, kind.name_member)
        for kind in all_kinds().values()
        if kind.component is not None
    ]
    return {space.name: space for space in sorted(spaces, key=lambda space: space.name)}


def invalid(message: str) -> BadRequest:
    return BadRequest(message, code="InvalidParameterValue")


def periods(
    ctx: Context,
    metric: GetMetricStatisticsInputTypeDef | MetricUnionTypeDef,
    *,
    start: float,
    end: float,
    period_s: int,
    unit: str | None,
) -> Iterator[Period]:
    """The periods from ``start`` to before ``end`` that have points, in order; whole ones, as AWS counts.

    metric: Namespace, MetricName and Dimensions.
    """
    owner = _owner(ctx, metric)
    if owner is None or unit not in (None, "None"):
        return
    starts = period_starts(start, end, period_s)
    first, last = starts.start, starts.stop
    points = ctx.metrics.series(owner, metric["MetricName"], start=first, end=math.nextafter(last, -math.inf))
    begin = 0
    while begin < len(points):
        place = math.floor((points.at[begin] - first) / period_s)
        after = begin
        while after < len(points) and points.at[after] < first + (place + 1) * period_s:
            after += 1
        after = max(after, begin + 1)
        finite = [index for index in range(begin, after) if math.isfinite(points.value[index])]
        if finite:
            yield first + place * period_s, points.pick(finite)
        begin = after


def statistic(name: str, points: Points) -> float:
    """Of points that are finite numbers. name: one that ``check_statistic`` let pass."""
    if name.startswith("p"):
        return _percentile(points.value, float(name[1:]))
    return float(_OF_SUMMARY[name](summarize("", points)))


def check_statistic(name: str) -> None:
    """Raises BadRequest."""
    if name not in STATISTICS and _PERCENTILE.fullmatch(name) is None:
        raise invalid(
            f"The statistic {name[:64]!r} is not served; use {', '.join(STATISTICS)} "
            "or a percentile such as p90"
        )


def check_range(start: float, end: float, periods_s: Sequence[int]) -> None:
    """Raises BadRequest."""
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    for period_s in periods_s:
        if period_s not in SHORT_PERIODS_S and period_s % 60:
            raise invalid(
                f"The parameter Period is {period_s}; it must be 1, 5, 10, 20, 30 or a multiple of 60"
            )


def _owner(ctx: Context, metric: GetMetricStatisticsInputTypeDef | MetricUnionTypeDef) -> str | None:
    """The ARN of the job; None where there is none."""
    space = namespaces().get(metric["Namespace"])
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
    if space is None or dimensions.keys() != {space.dimension}:
        return None
    name = dimensions[space.dimension]
    found = ctx.records.find(space.kind, name)
    return None if found is None else sagemaker_arn(ctx.region, ctx.account, space.kind, name)


def period_starts(start: float, end: float, period_s: int) -> range:
    """Epoch seconds. AWS rounds a start down: to a whole minute, or to the period where that is shorter."""
    unit = min(period_s, 60)
    first = math.floor(start / unit) * unit
    return range(first, first + math.ceil((end - first) / period_s) * period_s, period_s)


def _percentile(values: Sequence[float], percent: float) -> float:
    """Between the two nearest values in proportion."""
    ranked = sorted(values)
    place = (len(ranked) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (place - low)


def _average(summary: Summary) -> float:
    assert summary.average is not None
    return summary.average


_OF_SUMMARY: Mapping[str, Any] = {
    "SampleCount": lambda summary: float(summary.count),
    "Average": _average,
    "Sum": lambda summary: _average(summary) * summary.count,
    "Minimum": lambda summary: summary.minimum,
    "Maximum": lambda summary: summary.maximum,
}
