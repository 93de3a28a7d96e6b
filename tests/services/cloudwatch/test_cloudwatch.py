"""Metrics of jobs through CloudWatch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import BadRequest
from clary.services.cloudwatch import listing
from clary.services.cloudwatch.data import get_metric_data
from clary.services.cloudwatch.listing import list_metrics
from clary.services.cloudwatch.statistics import get_metric_statistics

if TYPE_CHECKING:
    from clary.services.context import Context

JOBS = "/aws/sagemaker/TrainingJobs"
NOON = 1_790_000_040.0
"""The beginning of a minute."""


def put(ctx: Context, job: str, name: str, *points: tuple[float, float], kind: str = "training-job") -> None:
    arn = sagemaker_arn(ctx.region, ctx.account, kind, job)
    if ctx.records.find(kind, job) is None:
        member = "TrainingJobName" if kind == "training-job" else "ProcessingJobName"
        ctx.records.insert(kind, job, {member: job}, arn=arn)
    ctx.metrics.append(arn, [(name, NOON + at, step, value) for step, (at, value) in enumerate(points)])


def metric(name: str = "loss", job: str = "Digits", namespace: str = JOBS) -> dict[str, Any]:
    dimensions = [{"Name": "TrainingJobName", "Value": job}]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}


def ask(ctx: Context, **members: Any) -> list[dict[str, Any]]:
    request = {
        **metric(),
        "StartTime": NOON,
        "EndTime": NOON + 3_600,
        "Period": 60,
        "Statistics": ["Average"],
        **members,
    }
    datapoints: list[dict[str, Any]] = get_metric_statistics(ctx, request)["Datapoints"]
    return datapoints


@pytest.fixture
def ctx(ctx: Context) -> Context:
    put(ctx, "Digits", "loss", (0, 1.0), (30, 3.0), (59.9, 5.0), (60, 7.0), (600, math.nan), (660, 0.5))
    return ctx


def test_statistics_are_over_whole_periods(ctx: Context) -> None:
    everything = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]

    first, *others = ask(ctx, Statistics=everything)

    assert first == {
        "Timestamp": NOON,
        "Unit": "None",
        "SampleCount": 3.0,
        "Average": 3.0,
        "Sum": 9.0,
        "Minimum": 1.0,
        "Maximum": 5.0,
    }
    assert [(one["Timestamp"] - NOON, one["Average"]) for one in others] == [(60, 7.0), (660, 0.5)]


@pytest.mark.parametrize(
    ("start", "end", "period", "places"),
    [
        (20, 3_600, 60, [0, 60, 660]),
        (20, 60, 60, [0]),
        (20, 61, 60, [0, 60]),
        (0, 700, 1, [0, 30, 59, 60, 660]),
        (30.5, 700, 1, [30, 59, 60, 660]),
        (0, 3_600, 3_600, [0]),
        (120, 600, 60, []),
    ],
)
def test_a_range_begins_with_a_whole_period_and_its_end_is_not_in_it(
    ctx: Context, start: float, end: float, period: int, places: list[float]
) -> None:
    found = ask(ctx, StartTime=NOON + start, EndTime=NOON + end, Period=period)

    assert [one["Timestamp"] - NOON for one in found] == places


def test_percentiles_lie_between_the_values(ctx: Context) -> None:
    request = {"Statistics": [], "ExtendedStatistics": ["p50", "p0", "p100", "p75"], "Period": 3_600}

    (one,) = ask(ctx, **request)

    assert one["ExtendedStatistics"] == {"p50": 3.0, "p0": 0.5, "p100": 7.0, "p75": 5.0}


@pytest.mark.parametrize(
    "members",
    [
        {"MetricName": "other"},
        {"Namespace": "AWS/S3"},
        {"Dimensions": []},
        {"Dimensions": [{"Name": "TrainingJobName", "Value": "none"}]},
        {"Dimensions": [{"Name": "Host", "Value": "Digits/algo-1"}]},
        {"Dimensions": [{"Name": "TrainingJobName", "Value": "Digits"}, {"Name": "Host", "Value": "x"}]},
        {"Unit": "Percent"},
    ],
)
def test_a_metric_that_is_not_there_has_no_datapoints(ctx: Context, members: dict[str, Any]) -> None:
    assert ask(ctx, **members) == []


@pytest.mark.parametrize(
    ("members", "code", "told"),
    [
        ({"Period": 7}, "InvalidParameterValue", "Period"),
        ({"EndTime": NOON}, "InvalidParameterValue", "StartTime"),
        ({"EndTime": NOON + 60 * 1_441}, "InvalidParameterCombination", "1441 datapoints"),
        ({"Statistics": []}, "InvalidParameterCombination", "Statistics and ExtendedStatistics"),
        ({"ExtendedStatistics": ["p9"]}, "InvalidParameterCombination", "Statistics and ExtendedStatistics"),
        ({"Statistics": [], "ExtendedStatistics": ["tm90"]}, "InvalidParameterValue", "tm90"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    ctx: Context, members: dict[str, Any], code: str, told: str
) -> None:
    with pytest.raises(BadRequest, match=told) as caught:
        ask(ctx, **members)

    assert caught.value.code == code


def query(name: str, **members: Any) -> dict[str, Any]:
    return {"Id": name, "MetricStat": {"Metric": metric(), "Period": 60, "Stat": "Average"}, **members}


def data(ctx: Context, *queries: dict[str, Any], **members: Any) -> dict[str, Any]:
    request = {"MetricDataQueries": list(queries), "StartTime": NOON, "EndTime": NOON + 3_600}
    return get_metric_data(ctx, {**request, **members})


def test_several_metrics_are_told_at_once_newest_first(ctx: Context) -> None:
    put(ctx, "Digits", "acc", (0, 0.5))
    acc = {"Metric": metric("acc"), "Period": 60, "Stat": "Maximum"}

    answer = data(ctx, query("a"), query("b", MetricStat=acc, Label="accuracy"), query("c", ReturnData=False))

    assert answer == {
        "MetricDataResults": [
            {
                "Id": "a",
                "Label": "loss",
                "Timestamps": [NOON + 660, NOON + 60, NOON],
                "Values": [0.5, 7.0, 3.0],
                "StatusCode": "Complete",
            },
            {
                "Id": "b",
                "Label": "accuracy",
                "Timestamps": [NOON],
                "Values": [0.5],
                "StatusCode": "Complete",
            },
        ]
    }


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_pages_of_data_together_are_the_whole(ctx: Context, size: int) -> None:
    values: dict[str, list[float]] = {"a": [], "b": []}
    more: dict[str, Any] = {}
    while True:
        page = data(ctx, query("a"), query("b"), MaxDatapoints=size, ScanBy="TimestampAscending", **more)
        assert sum(len(result["Values"]) for result in page["MetricDataResults"]) <= size
        for result in page["MetricDataResults"]:
            values[result["Id"]] += result["Values"]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}

    assert values == {"a": [3.0, 7.0, 0.5], "b": [3.0, 7.0, 0.5]}


@pytest.mark.parametrize(
    ("queries", "members", "told"),
    [
        ([query("A")], {}, "lowercase"),
        ([query("a"), query("a")], {}, "once"),
        ([{"Id": "a"}], {}, "MetricStat or Expression"),
        ([query("a", Expression="b")], {}, "only one of them"),
        ([query("a", MetricStat={"Metric": metric(), "Period": 60, "Stat": "tm99"})], {}, "tm99"),
        ([query("a")], {"NextToken": "x"}, "NextToken"),
        ([query("a")], {"NextToken": "9-0"}, "NextToken"),
        ([query("a")], {"MaxDatapoints": 0}, "MaxDatapoints"),
        ([query(f"a{number}") for number in range(501)], {}, "500"),
    ],
)
def test_queries_that_make_no_sense_are_refused(
    ctx: Context, queries: list[dict[str, Any]], members: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadRequest, match=told):
        data(ctx, *queries, **members)


@pytest.fixture
def jobs(ctx: Context) -> Context:
    put(ctx, "Digits", "acc", (0, 1.0))
    put(ctx, "Digits-2", "loss", (20_000, 1.0))
    put(ctx, "Prepare", "rows", (0, 1.0), kind="processing-job")
    ctx.metrics.append(
        sagemaker_arn(ctx.region, ctx.account, "experiment-trial-component", "run"), [("x", NOON, 0, 1.0)]
    )
    return ctx


def listed(ctx: Context, **members: Any) -> list[tuple[str, str]]:
    found = list_metrics(ctx, members)["Metrics"]
    return [(one["Dimensions"][0]["Value"], one["MetricName"]) for one in found]


ALL = [("Prepare", "rows"), ("Digits", "acc"), ("Digits", "loss"), ("Digits-2", "loss")]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({}, ALL),
        ({"Namespace": JOBS}, ALL[1:]),
        ({"Namespace": "AWS/S3"}, []),
        ({"MetricName": "loss"}, ALL[2:]),
        ({"Dimensions": [{"Name": "TrainingJobName"}]}, ALL[1:]),
        ({"Dimensions": [{"Name": "TrainingJobName", "Value": "Digits"}]}, ALL[1:3]),
        ({"Dimensions": [{"Name": "TrainingJobName", "Value": "none"}]}, []),
        ({"Dimensions": [{"Name": "Host"}]}, []),
    ],
)
def test_metrics_are_listed_by_what_is_asked(
    jobs: Context, members: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert listed(jobs, **members) == found


def test_recent_metrics_are_those_of_three_hours(jobs: Context, clock: Any) -> None:
    clock.now = NOON + 20_000

    assert listed(jobs, RecentlyActive="PT3H") == ALL[3:]


def test_pages_of_the_list_together_are_the_whole(jobs: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 1)
    found: list[Any] = []
    request: dict[str, Any] = {}
    while True:
        page = list_metrics(jobs, request)
        found += page["Metrics"]
        if "NextToken" not in page:
            break
        request = {"NextToken": page["NextToken"]}

    assert [(one["Dimensions"][0]["Value"], one["MetricName"]) for one in found] == ALL


@pytest.mark.parametrize("token", ["", "x", "WyJhIl0=", "bnVsbA=="])
def test_a_token_of_another_list_is_refused(jobs: Context, token: str) -> None:
    with pytest.raises(BadRequest, match="NextToken"):
        list_metrics(jobs, {"NextToken": token})


def test_the_use_of_a_host_has_a_dimension_of_its_own(ctx: Context) -> None:
    arn = sagemaker_arn(ctx.region, ctx.account, "training-job", "Digits")
    ctx.metrics.append(f"{arn}/algo-2", [("CPUUtilization", NOON, None, 150.0)])
    host = [{"Name": "Host", "Value": "Digits/algo-2"}]

    assert ask(ctx, MetricName="CPUUtilization", Dimensions=host)[0]["Average"] == 150.0
    assert ask(ctx, MetricName="CPUUtilization") == [], "it is none of the job's"

    asked: list[dict[str, Any]] = [
        {"Dimensions": host},
        {"Dimensions": [{"Name": "Host"}]},
        {"MetricName": "CPUUtilization"},
    ]
    for members in asked:
        metrics = list_metrics(ctx, {"Namespace": JOBS, **members})["Metrics"]
        assert metrics == [{"Namespace": JOBS, "MetricName": "CPUUtilization", "Dimensions": host}]
    named = [{"Name": "TrainingJobName", "Value": "Digits"}]
    found = list_metrics(ctx, {"Namespace": JOBS, "Dimensions": named})["Metrics"]
    assert [each["MetricName"] for each in found] == ["loss"]


@pytest.mark.parametrize("noun", ["Training", "Processing", "Transform"])
def test_the_use_of_hosts_is_there_for_every_kind_of_job(ctx: Context, noun: str) -> None:
    kind, member = f"{noun.lower()}-job", f"{noun}JobName"
    arn = sagemaker_arn(ctx.region, ctx.account, kind, "Rows")
    ctx.records.insert(kind, "Rows", {member: "Rows"}, arn=arn)
    ctx.metrics.append(f"{arn}/algo-1", [("MemoryUtilization", NOON, None, 12.5)])
    host = [{"Name": "Host", "Value": "Rows/algo-1"}]
    asked = {"Namespace": f"/aws/sagemaker/{noun}Jobs", "MetricName": "MemoryUtilization"}

    assert [each["Average"] for each in ask(ctx, **asked, Dimensions=host, Unit="Percent")] == [12.5]
    assert list_metrics(ctx, {"Dimensions": host})["Metrics"] == [{**asked, "Dimensions": host}]


def test_the_use_of_a_host_is_in_percent_and_in_bytes_a_second(ctx: Context) -> None:
    arn = sagemaker_arn(ctx.region, ctx.account, "training-job", "Digits")
    points = [("CPUUtilization", NOON, None, 150.0), ("DiskReadBytesPerSecond", NOON, None, 9.0)]
    ctx.metrics.append(f"{arn}/algo-1", points)
    host = [{"Name": "Host", "Value": "Digits/algo-1"}]

    for name, unit in (("CPUUtilization", "Percent"), ("DiskReadBytesPerSecond", "Bytes/Second")):
        assert [each["Unit"] for each in ask(ctx, MetricName=name, Dimensions=host)] == [unit]
        assert len(ask(ctx, MetricName=name, Dimensions=host, Unit=unit)) == 1
        assert ask(ctx, MetricName=name, Dimensions=host, Unit="None") == []


def test_the_use_of_instances_has_the_dimensions_of_their_variant(ctx: Context) -> None:
    arn = sagemaker_arn(ctx.region, ctx.account, "endpoint", "Digits-ep")
    ctx.records.insert("endpoint", "Digits-ep", {"EndpointName": "Digits-ep"}, arn=arn)
    for instance in range(2):
        ctx.metrics.append(
            f"{arn}/instances/AllTraffic", [("CPUUtilization", NOON + instance, None, 100.0 * instance)]
        )
    ctx.metrics.append(f"{arn}/variant/AllTraffic", [("Invocations", NOON, 1, 1.0)])
    variant = [{"Name": "EndpointName", "Value": "Digits-ep"}, {"Name": "VariantName", "Value": "AllTraffic"}]
    instances = {"Namespace": "/aws/sagemaker/Endpoints", "MetricName": "CPUUtilization"}

    [found] = ask(ctx, **instances, Dimensions=variant, Statistics=["Average", "SampleCount"])
    assert (found["Average"], found["SampleCount"], found["Unit"]) == (50.0, 2.0, "Percent")
    assert ask(ctx, **{**instances, "Namespace": "AWS/SageMaker"}, Dimensions=variant) == []
    assert ask(ctx, **instances, Dimensions=variant[:1]) == []

    listed = list_metrics(ctx, {"Dimensions": variant})["Metrics"]
    assert [(each["Namespace"], each["MetricName"]) for each in listed] == [
        ("/aws/sagemaker/Endpoints", "CPUUtilization"),
        ("AWS/SageMaker", "Invocations"),
    ]
