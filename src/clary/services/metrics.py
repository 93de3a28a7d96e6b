"""SageMaker Metrics: stores points of trial components, and reads statistics of them over periods."""

from __future__ import annotations

import math
import operator
from itertools import groupby, islice
from typing import TYPE_CHECKING

from clary.domain.arns import canonical_arn, sagemaker_arn
from clary.domain.points import flaw
from clary.services._instants import epoch_s
from clary.store.metrics import Point, Points, Summary, summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_sagemaker_metrics.type_defs import (
        BatchGetMetricsRequestTypeDef,
        BatchPutMetricsRequestTypeDef,
        MetricQueryTypeDef,
    )

    from clary.services.context import Context, Document

PERIODS_S = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3_600}

Chosen = tuple[list[int], list[float]]
"""Positions on the axis, and the statistic at each."""


def batch_put_metrics(ctx: Context, request: BatchPutMetricsRequestTypeDef) -> Document:
    """Stores the valid points; ``Errors`` names the others.

    For a component that does not exist, AWS too answers with status 200 and an error for each point.
    """
    name = request["TrialComponentName"]
    arn = sagemaker_arn(ctx.region, ctx.account, "experiment-trial-component", name)
    known = ctx.records.find_by_arn(arn) is not None
    good: list[Point] = []
    errors: list[Document] = []
    for index, item in enumerate(request["MetricData"]):
        at, step, value = epoch_s(item["Timestamp"]), item.get("Step"), item["Value"]
        if known and not flaw(item["MetricName"], at, step, value):
            good.append((item["MetricName"], at, step, value))
        else:
            errors.append({"Code": "VALIDATION_ERROR", "MetricIndex": index})
    if good:
        ctx.metrics.append(arn, good)
    return {"Errors": errors}


def batch_get_metrics(ctx: Context, request: BatchGetMetricsRequestTypeDef) -> Document:
    """One result for each query, in their order. A query that is not valid gets an error as its result."""
    return {"MetricQueryResults": [_result(ctx, query) for query in request["MetricQueries"]]}


def _result(ctx: Context, query: MetricQueryTypeDef) -> Document:
    """Start, End and the positions on a Timestamp axis are epoch seconds. A period is at its start.

    NaN and the infinities are counted in Count and left out of all other statistics.
    """
    by_time = query["XAxisType"] == "Timestamp"
    period_s = PERIODS_S.get(query["Period"])
    if by_time and period_s is None:
        return _refused("XAxisType Timestamp takes the Period OneMinute, FiveMinute or OneHour")
    if not by_time and period_s is not None:
        return _refused("XAxisType IterationNumber takes the Period IterationNumber")
    arn = canonical_arn(query["ResourceArn"])
    if ctx.records.find_by_arn(arn) is None:
        return _refused(f"Could not find a resource with ARN {query['ResourceArn']}")
    points = ctx.metrics.series(
        arn,
        query["MetricName"],
        x="at" if by_time else "step",
        start=query.get("Start"),
        end=query.get("End"),
    )
    positions, values = _statistic(points, query["MetricStat"], period_s)
    return {"Status": "Complete", "XAxisValues": positions, "MetricValues": values}


def _refused(message: str) -> Document:
    return {"Status": "ValidationError", "Message": message, "XAxisValues": [], "MetricValues": []}


def _statistic(points: Points, name: str, period_s: int | None) -> Chosen:
    """points: sorted by the axis."""
    if period_s is None and _all_apart(points):
        return _of_single_points(points, name)
    positions: list[int] = []
    values: list[float] = []
    for position, part in _parts(points, period_s):
        value = _STATISTICS[name](summarize("", part))
        if value is not None and math.isfinite(value):
            positions.append(position)
            values.append(value)
    return positions, values


def _all_apart(points: Points) -> bool:
    return all(map(operator.lt, points.step, islice(points.step, 1, None)))


def _of_single_points(points: Points, name: str) -> Chosen:
    """Each step has one point, so no summaries are needed: they take seconds for a million points."""
    if name == "Count":
        return points.step.tolist(), [1.0] * len(points)
    finite = [math.isfinite(value) for value in points.value]
    positions = [step for step, wanted in zip(points.step, finite, strict=True) if wanted]
    if name == "StdDev":
        return positions, [0.0] * len(positions)
    return positions, [value for value, wanted in zip(points.value, finite, strict=True) if wanted]


def _parts(points: Points, period_s: int | None) -> Iterator[tuple[int, Points]]:
    if period_s is None:
        positions = points.step.tolist()
    else:
        positions = [math.floor(at / period_s) * period_s for at in points.at]
    first = 0
    for position, same in groupby(positions):
        end = first + sum(1 for _ in same)
        yield position, points[first:end]
        first = end


_STATISTICS: dict[str, Callable[[Summary], float | None]] = {
    "Min": lambda summary: summary.minimum,
    "Max": lambda summary: summary.maximum,
    "Avg": lambda summary: summary.average,
    "Count": lambda summary: float(summary.count),
    "StdDev": lambda summary: summary.deviation,
    "Last": lambda summary: summary.last,
}
