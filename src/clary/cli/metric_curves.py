"""Reads all points of a job's metrics from the server, by operations that every client has."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clary.cli.origins import component_of_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.cli.client import ServerConnection
    from clary.cli.job_kinds import CliKind

STEP, SECOND = "step", "second"


@dataclass(frozen=True, slots=True)
class MetricCurve:
    """The points of one metric.

    axis: the unit of ``x_values``: STEP, or SECOND since the first point for points without steps.
    last: the last value according to the job's trial component; None when it has none.
    """

    name: str
    axis: str
    x_values: list[float]
    values: list[float]
    last: float | None = None

    def reduced(self, most: int) -> MetricCurve:
        """Returns about ``most`` points at most: the lowest and the highest of each interval."""
        intervals = max(1, most // 2)
        if len(self.values) <= 2 * intervals:
            return self
        kept: list[int] = []
        for number in range(intervals):
            begin, end = (len(self.values) * edge // intervals for edge in (number, number + 1))
            low = min(range(begin, end), key=self.values.__getitem__)
            high = max(range(begin, end), key=self.values.__getitem__)
            kept += sorted({low, high})
        x_values, values = ([column[index] for index in kept] for column in (self.x_values, self.values))
        return MetricCurve(self.name, self.axis, x_values, values, self.last)


def metric_names(connection: ServerConnection, kind: CliKind, job: dict[str, Any]) -> list[str]:
    """Returns the names of all metrics that the job has points of, sorted."""
    pages = connection.client("cloudwatch").get_paginator("list_metrics")
    found = pages.paginate(Namespace=kind.log_group, Dimensions=[_dimension(kind, job)])
    return sorted({metric["MetricName"] for page in found for metric in page["Metrics"]})


def curves_of(
    connection: ServerConnection, kind: CliKind, job: dict[str, Any], names: list[str]
) -> Iterator[MetricCurve]:
    """Yields a curve for each name with points. A step that several hosts measured has their average."""
    client = connection.client("sagemaker-metrics")
    lasts = _last_values(connection, job[f"{kind.noun}Arn"])
    for name in names:
        query = {
            "MetricName": name,
            "ResourceArn": job[f"{kind.noun}Arn"],
            "MetricStat": "Avg",
            "Period": "IterationNumber",
            "XAxisType": "IterationNumber",
        }
        (found,) = client.batch_get_metrics(MetricQueries=[query])["MetricQueryResults"]
        if found["XAxisValues"]:
            yield MetricCurve(name, STEP, found["XAxisValues"], found["MetricValues"], lasts.get(name))
        elif curve := _by_time(connection, kind, job, name):
            yield replace(curve, last=lasts.get(name))


def _last_values(connection: ServerConnection, arn: str) -> dict[str, float]:
    """Returns the last value of each metric: one of the first host, while a curve averages all hosts."""
    sagemaker = connection.client("sagemaker")
    component = component_of_job(sagemaker, arn)
    if component is None:
        return {}
    name = component.rpartition("/")[2]
    metrics = sagemaker.describe_trial_component(TrialComponentName=name).get("Metrics", ())
    return {
        metric["MetricName"]: metric["Last"]
        for metric in metrics
        if metric["SourceArn"] == arn and "Last" in metric
    }


def _by_time(
    connection: ServerConnection, kind: CliKind, job: dict[str, Any], name: str
) -> MetricCurve | None:
    """Returns the curve of a metric without steps, a point a second; None when it has no points."""
    metric = {"Namespace": kind.log_group, "MetricName": name, "Dimensions": [_dimension(kind, job)]}
    pages = connection.client("cloudwatch").get_paginator("get_metric_data")
    found = pages.paginate(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 1, "Stat": "Average"}}],
        # A script may give its points any timestamp.
        StartTime=0,
        EndTime=253_402_300_799,
        ScanBy="TimestampAscending",
    )
    results = [result for page in found for result in page["MetricDataResults"]]
    at = [instant.timestamp() for result in results for instant in result["Timestamps"]]
    values = [value for result in results for value in result["Values"]]
    return MetricCurve(name, SECOND, [instant - at[0] for instant in at], values) if at else None


def _dimension(kind: CliKind, job: dict[str, Any]) -> dict[str, str]:
    return {"Name": f"{kind.noun}Name", "Value": kind.name(job)}


def summary(curve: MetricCurve) -> str:
    """Returns one line: the number of points, the first and last value, and the extremes."""
    low = min(range(len(curve.values)), key=curve.values.__getitem__)
    high = max(range(len(curve.values)), key=curve.values.__getitem__)
    count = len(curve.values)
    return ", ".join(
        (
            f"{count} point{'s' * (count != 1)}",
            f"first {_short(curve.values[0])}",
            f"last {_short(curve.values[-1] if curve.last is None else curve.last)}",
            f"min {_short(curve.values[low])} at {_position(curve, low)}",
            f"max {_short(curve.values[high])} at {_position(curve, high)}",
        )
    )


def _position(curve: MetricCurve, index: int) -> str:
    return f"{curve.axis} {curve.x_values[index]:.0f}"


def _short(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else str(value)
