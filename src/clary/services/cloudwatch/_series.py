"""The series of a CloudWatch metric, and its statistics over periods.

Each kind of job has a namespace, which is named like its log group, and one dimension, which names the job:
``/aws/sagemaker/TrainingJobs`` and ``TrainingJobName``. The utilization of a job's hosts has the dimension
``Host`` instead, as ``job/algo-1``.

Endpoints have AWS's two namespaces, both with the dimensions of a variant: ``AWS/SageMaker`` of its requests,
whose points stand for several measurements each, and ``/aws/sagemaker/Endpoints`` of its instances.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import BadRequest
from clary.kinds.catalogue import all_kinds
from clary.kinds.endpoint import KIND as ENDPOINT
from clary.kinds.endpoint import instance_metrics, invocation_metrics
from clary.kinds.host_metrics import host_owner, unit_of_utilization
from clary.store.metrics import Points, summarize

from ._weighted import weighted_statistic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_cloudwatch.type_defs import GetMetricStatisticsInputTypeDef, MetricUnionTypeDef

    from clary.services.context import Context
    from clary.store.metrics import Summary


@dataclass(frozen=True, slots=True)
class Namespace:
    """kind: the record kind of its jobs. dimension: the one that names a job."""

    name: str
    kind: str
    dimension: str


HOST = "Host"
"""The dimension of a host's utilization: ``job/algo-1``."""

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
SHORT_PERIODS_S = (1, 5, 10, 20, 30)
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(frozen=True, slots=True)
class Measured:
    """The points of a period. weighted: the step of each is the number of measurements it stands for."""

    points: Points
    weighted: bool


VARIANT_OWNERS: Mapping[str, Callable[[str, str], str]] = {
    invocation_metrics.NAMESPACE: invocation_metrics.variant_owner,
    instance_metrics.NAMESPACE: instance_metrics.instances_owner,
}
"""The namespaces of endpoints, and what makes the owner of a series of (ARN of the endpoint, variant)."""

Period = tuple[float, Measured]
"""Its start (epoch seconds), and its points."""


def namespaces() -> dict[str, Namespace]:
    """The namespaces of all kinds of jobs that have metrics, by name, sorted by name."""
    spaces = [
        Namespace(kind.cluster.log_group, kind.record_kind, kind.name_member)
        for kind in all_kinds().values()
        if kind.component is not None and kind.cluster is not None
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
    """The periods from ``start`` to before ``end`` that have points, in order of time.

    A period is whole even where it ends after ``end``, as in AWS.
    metric: Namespace, MetricName and Dimensions.
    """
    owner = _owner(ctx, metric)
    if owner is None or unit not in (None, unit_of(metric)):
        return
    weighted = metric["Namespace"] == invocation_metrics.NAMESPACE
    starts = period_starts(start, end, period_s)
    first, last = starts.start, starts.stop
    points = ctx.metrics.series(owner, metric["MetricName"], start=first, end=math.nextafter(last, -math.inf))
    begin = 0
    while begin < len(points):
        number = math.floor((points.at[begin] - first) / period_s)
        after = begin
        while after < len(points) and points.at[after] < first + (number + 1) * period_s:
            after += 1
        after = max(after, begin + 1)
        finite = [index for index in range(begin, after) if math.isfinite(points.value[index])]
        if finite:
            yield first + number * period_s, Measured(points.pick(finite), weighted)
        begin = after


def unit_of(metric: GetMetricStatisticsInputTypeDef | MetricUnionTypeDef) -> str:
    """The unit of a metric's values."""
    if metric["Namespace"] == invocation_metrics.NAMESPACE:
        return invocation_metrics.UNITS.get(metric["MetricName"], "None")
    of_host = any(one["Name"] == HOST for one in metric.get("Dimensions", ()))
    if of_host or metric["Namespace"] == instance_metrics.NAMESPACE:
        return unit_of_utilization(metric["MetricName"])
    return "None"


def statistic(name: str, measured: Measured) -> float:
    """The statistic of points with finite values. name: a valid one (``check_statistic``)."""
    points = measured.points
    if measured.weighted:
        return weighted_statistic(name, points)
    if name.startswith("p"):
        return _percentile(points.value, float(name[1:]))
    return float(_OF_SUMMARY[name](summarize("", points)))


def check_statistic(name: str) -> None:
    """Raises BadRequest for the name of a statistic that is not served."""
    if name not in STATISTICS and _PERCENTILE.fullmatch(name) is None:
        raise invalid(
            f"The statistic {name[:64]!r} is not served; use {', '.join(STATISTICS)} "
            "or a percentile such as p90"
        )


def check_range(start: float, end: float, periods_s: Sequence[int]) -> None:
    """Raises BadRequest for an empty range of time and for a period that AWS does not have."""
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    for period_s in periods_s:
        if period_s not in SHORT_PERIODS_S and period_s % 60:
            raise invalid(
                f"The parameter Period is {period_s}; it must be 1, 5, 10, 20, 30 or a multiple of 60"
            )


def _owner(ctx: Context, metric: GetMetricStatisticsInputTypeDef | MetricUnionTypeDef) -> str | None:
    """The owner of the series that the dimensions name; None when there is no such job."""
    space = namespaces().get(metric["Namespace"])
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", ())}
    of_variant = VARIANT_OWNERS.get(metric["Namespace"])
    if of_variant is not None:
        return _variant(ctx, dimensions, of_variant)
    if space is None or len(dimensions) != 1:
        return None
    name, host = dimensions.get(space.dimension, ""), ""
    if HOST in dimensions:
        name, _, host = dimensions[HOST].partition("/")
    if not name or ctx.records.find(space.kind, name) is None:
        return None
    arn = sagemaker_arn(ctx.region, ctx.account, space.kind, name)
    return host_owner(arn, host) if host else arn


def _variant(ctx: Context, dimensions: Mapping[str, str], owner: Callable[[str, str], str]) -> str | None:
    """The owner of the series of a variant, also of an endpoint that is gone; None for no variant."""
    wanted = (invocation_metrics.ENDPOINT_DIMENSION, invocation_metrics.VARIANT_DIMENSION)
    if dimensions.keys() != set(wanted):
        return None
    endpoint, variant = (dimensions[name] for name in wanted)
    arn = sagemaker_arn(ctx.region, ctx.account, ENDPOINT.record_kind, endpoint)
    return owner(arn, variant)


def period_starts(start: float, end: float, period_s: int) -> range:
    """The starts of all periods (epoch seconds).

    AWS rounds the first one down to a whole minute, or to the period where that is shorter.
    """
    unit = min(period_s, 60)
    first = math.floor(start / unit) * unit
    return range(first, first + math.ceil((end - first) / period_s) * period_s, period_s)


def _percentile(values: Sequence[float], percent: float) -> float:
    """Interpolates between the two nearest values."""
    ranked = sorted(values)
    rank = (len(ranked) - 1) * percent / 100
    low = math.floor(rank)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (rank - low)


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
