"""The whole course of each metric of a job, asked of the server as any client would."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clary.cli.origins import component_of_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clary.cli.client import Connection
    from clary.cli.job_kinds import CliKind

STEP, SECOND = "step", "second"


@dataclass(frozen=True, slots=True)
class Course:
    """axis: what the places are, STEP, or SECOND after the first point where points have no steps.

    last: the last value as the job's trial component has it; None without one.
    """

    name: str
    axis: str
    places: list[float]
    values: list[float]
    last: float | None = None

    def reduced(self, most: int) -> Course:
        """At most about ``most`` points: of each stretch the lowest and the highest."""
        stretches = max(1, most // 2)
        if len(self.values) <= 2 * stretches:
            return self
        kept: list[int] = []
        for number in range(stretches):
            begin, end = (len(self.values) * edge // stretches for edge in (number, number + 1))
            low = min(range(begin, end), key=self.values.__getitem__)
            high = max(range(begin, end), key=self.values.__getitem__)
            kept += sorted({low, high})
        places, values = ([column[index] for index in kept] for column in (self.places, self.values))
        return Course(self.name, self.axis, places, values, self.last)


def metric_names(connection: Connection, kind: CliKind, job: dict[str, Any]) -> list[str]:
    """Returns the names of all metrics that the job has points of, sorted."""
    pages = connection.client("cloudwatch").get_paginator("list_metrics")
    found = pages.paginate(Namespace=kind.log_group, Dimensions=[_dimension(kind, job)])
    return sorted({metric["MetricName"] for page in found for metric in page["Metrics"]})


def courses(connection: Connection, kind: CliKind, job: dict[str, Any], names: list[str]) -> Iterator[Course]:
    """Yields a course for each name with points. A step that several hosts measured has their average."""
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
            yield Course(name, STEP, found["XAxisValues"], found["MetricValues"], lasts.get(name))
        elif course := _by_time(connection, kind, job, name):
            yield replace(course, last=lasts.get(name))


def _last_values(connection: Connection, arn: str) -> dict[str, float]:
    """By metric: of the job's first host, where the points of a step are of all hosts."""
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


def _by_time(connection: Connection, kind: CliKind, job: dict[str, Any], name: str) -> Course | None:
    """Returns the course of a metric without steps, a point a second; None when it has no points."""
    metric = {"Namespace": kind.log_group, "MetricName": name, "Dimensions": [_dimension(kind, job)]}
    pages = connection.client("cloudwatch").get_paginator("get_metric_data")
    found = pages.paginate(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 1, "Stat": "Average"}}],
        # A script may give its points any time.
        StartTime=0,
        EndTime=253_402_300_799,
        ScanBy="TimestampAscending",
    )
    results = [result for page in found for result in page["MetricDataResults"]]
    at = [instant.timestamp() for result in results for instant in result["Timestamps"]]
    values = [value for result in results for value in result["Values"]]
    return Course(name, SECOND, [place - at[0] for place in at], values) if at else None


def _dimension(kind: CliKind, job: dict[str, Any]) -> dict[str, str]:
    return {"Name": f"{kind.noun}Name", "Value": kind.name(job)}


def summary(course: Course) -> str:
    """A line of numbers: how many, from where to where, and the extremes."""
    low = min(range(len(course.values)), key=course.values.__getitem__)
    high = max(range(len(course.values)), key=course.values.__getitem__)
    count = len(course.values)
    return ", ".join(
        (
            f"{count} point{'s' * (count != 1)}",
            f"first {_short(course.values[0])}",
            f"last {_short(course.values[-1] if course.last is None else course.last)}",
            f"min {_short(course.values[low])} at {_place(course, low)}",
            f"max {_short(course.values[high])} at {_place(course, high)}",
        )
    )


def _place(course: Course, index: int) -> str:
    return f"{course.axis} {course.places[index]:.0f}"


def _short(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else str(value)
