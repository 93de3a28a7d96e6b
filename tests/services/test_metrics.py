from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from clary.services.metrics import batch_get_metrics, batch_put_metrics

if TYPE_CHECKING:
    from clary.services.context import Context

ARN = "arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component/run-1"
DAWN = 1_790_002_800.0
"""The beginning of an hour."""


@pytest.fixture
def component(ctx: Context) -> str:
    ctx.records.insert("trial-component", "Run-1", {}, arn=ARN)
    return "run-1"


def put(ctx: Context, name: str, *points: tuple[float, int | None, Any]) -> dict[str, Any]:
    data = [
        {"MetricName": "loss", "Timestamp": DAWN + at, "Value": value}
        | ({} if step is None else {"Step": step})
        for at, step, value in points
    ]
    return batch_put_metrics(ctx, {"TrialComponentName": name, "MetricData": data})


def get(ctx: Context, **members: Any) -> dict[str, Any]:
    query = {
        "MetricName": "loss",
        "ResourceArn": ARN,
        "MetricStat": "Avg",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
    }
    (result,) = batch_get_metrics(ctx, {"MetricQueries": [query | members]})["MetricQueryResults"]
    return result


def test_points_belong_to_the_trial_component(ctx: Context, component: str) -> None:
    assert put(ctx, component, (0, 0, 0.5), (1, 1, 0.25)) == {"Errors": []}

    (summary,) = ctx.metrics.summaries(ARN)
    assert (summary.name, summary.count, summary.last, summary.last_step) == ("loss", 2, 0.25, 1)


def test_each_point_of_a_component_that_is_not_there_is_an_error(ctx: Context) -> None:
    assert put(ctx, "run-1", (0, 0, 0.5), (1, 1, 0.5)) == {
        "Errors": [{"Code": "VALIDATION_ERROR", "MetricIndex": index} for index in (0, 1)]
    }
    assert ctx.metrics.summaries(ARN) == []


@pytest.mark.parametrize(
    "bad",
    [(math.inf, 1, 0.5), (math.nan, 1, 0.5), (1e300, 1, 0.5), (-2e9, 3, 0.5), (2, 2**31, 0.5), (2, -1, 0.5)],
)
def test_a_point_that_cannot_be_kept_holds_no_other_back(
    ctx: Context, component: str, bad: tuple[float, int, float]
) -> None:
    answer = put(ctx, component, (0, 0, 0.5), bad, (4, 4, 0.25))

    assert answer == {"Errors": [{"Code": "VALIDATION_ERROR", "MetricIndex": 1}]}
    assert get(ctx)["XAxisValues"] == [0, 4]


@pytest.mark.parametrize(
    ("statistic", "values"),
    [
        ("Min", [1.0, 5.0]),
        ("Max", [3.0, 5.0]),
        ("Avg", [2.0, 5.0]),
        ("Count", [3.0, 1.0]),
        ("StdDev", [pytest.approx(math.sqrt(2 / 3)), 0.0]),
        ("Last", [2.0, 5.0]),
    ],
)
def test_statistics_are_over_the_points_of_one_step(
    ctx: Context, component: str, statistic: str, values: list[float]
) -> None:
    put(ctx, component, (0, 7, 1.0), (1, 7, 3.0), (5, 8, 5.0), (2, 7, 2.0))

    assert get(ctx, MetricStat=statistic) == {
        "Status": "Complete",
        "XAxisValues": [7, 8],
        "MetricValues": values,
    }


@pytest.mark.parametrize("statistic", ["Min", "Max", "Avg", "Last", "Count", "StdDev"])
def test_one_point_to_a_step_reads_as_many_to_a_step_do(ctx: Context, component: str, statistic: str) -> None:
    strange = [(0, 0, 1.5), (1, 1, math.nan), (2, 2, math.inf), (3, 3, 2.5)]
    put(ctx, component, *strange)
    alone = get(ctx, MetricStat=statistic)

    # A second point at the last step sends every step the general way.
    put(ctx, component, (4, 9, 1.0), (5, 9, 1.0))
    general = get(ctx, MetricStat=statistic)

    assert general["XAxisValues"][:-1] == alone["XAxisValues"]
    assert general["MetricValues"][:-1] == alone["MetricValues"]


@pytest.mark.parametrize(
    ("period", "places", "values"),
    [
        ("OneMinute", [0, 60, 600], [2.0, 1.0, 1.0]),
        ("FiveMinute", [0, 600], [3.0, 1.0]),
        ("OneHour", [0], [4.0]),
    ],
)
def test_statistics_are_over_periods_that_stand_at_their_start(
    ctx: Context, component: str, period: str, places: list[int], values: list[float]
) -> None:
    put(ctx, component, (0, None, 1.0), (59.9, None, 1.0), (60, None, 1.0), (601, None, 1.0))

    result = get(ctx, MetricStat="Count", Period=period, XAxisType="Timestamp")

    assert result["MetricValues"] == values
    assert result["XAxisValues"] == [int(DAWN) + place for place in places]


def test_a_range_narrows_the_axis(ctx: Context, component: str) -> None:
    put(ctx, component, *((step, step, float(step)) for step in range(10)))

    assert get(ctx, Start=3, End=5)["XAxisValues"] == [3, 4, 5]
    assert get(ctx, Start=int(DAWN) + 60, XAxisType="Timestamp", Period="OneMinute")["XAxisValues"] == []


@pytest.mark.parametrize(
    "members",
    [
        {"XAxisType": "Timestamp", "Period": "IterationNumber"},
        {"XAxisType": "IterationNumber", "Period": "OneHour"},
        {"ResourceArn": ARN + "-other"},
    ],
)
def test_a_wrong_query_fails_alone_and_says_why(
    ctx: Context, component: str, members: dict[str, str]
) -> None:
    put(ctx, component, (0, 0, 1.0))

    result = get(ctx, **members)

    assert result["Status"] == "ValidationError"
    assert result["Message"]
    assert get(ctx)["Status"] == "Complete"


def test_a_series_that_is_not_there_is_empty(ctx: Context, component: str) -> None:
    assert get(ctx, MetricName="other") == {"Status": "Complete", "XAxisValues": [], "MetricValues": []}


def test_a_series_is_found_in_whatever_case_its_arn_is_spelled(ctx: Context, component: str) -> None:
    put(ctx, component, (0, 0, 1.0))

    assert get(ctx, ResourceArn=ARN.replace("run-1", "Run-1"))["MetricValues"] == [1.0]
