"""Curves of many runs: reduced, on any axis, as bands, and within bounds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import orjson
import pytest

from clary.domain.errors import BadRequest, Denied
from clary.services.context import Context
from clary.services.studio.series import read_series

START = 1_790_000_000.0
PREFIX = "arn:aws:sagemaker:us-east-1:123456789012"
JOB = f"{PREFIX}:training-job/fit"


def component(ctx: Context, name: str, source: str | None = None) -> str:
    arn = f"{PREFIX}:experiment-trial-component/{name}"
    record: dict[str, Any] = {"TrialComponentArn": arn, "TrialComponentName": name}
    if source is not None:
        record["Source"] = {"SourceArn": source}
    ctx.records.insert("experiment-trial-component", name, record, arn=arn)
    return arn


def put(
    ctx: Context, owner: str, name: str, values: list[float], *, every: int = 1, steps: bool = True
) -> None:
    ctx.metrics.append(
        owner,
        [(name, START + 10 * n, n * every if steps else None, value) for n, value in enumerate(values)],
    )


def read(ctx: Context, *series: tuple[str, str], **members: object) -> dict[str, Any]:
    wanted = [{"ResourceArn": arn, "MetricName": name} for arn, name in series]
    answer = read_series(ctx, {"Series": wanted, **members})
    parsed: dict[str, Any] = orjson.loads(orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY))
    return parsed


def test_a_short_series_is_whole_with_null_where_a_value_is_none(ctx: Context) -> None:
    run = component(ctx, "a")
    put(ctx, run, "loss", [3.0, math.nan, 1.0])

    answer = read(ctx, (run, "loss"), (run, "none"))

    assert answer["XAxis"] == "Step"
    assert answer["Series"] == [
        {"X": [0, 1, 2], "Values": [3.0, None, 1.0], "Count": 3, "Last": 1.0, "Minimum": 1.0, "Maximum": 3.0},
        {"X": [], "Values": [], "Count": 0, "Last": None, "Minimum": None, "Maximum": None},
    ]


def test_a_long_series_is_reduced_and_keeps_its_extremes_and_a_window_is_finer(ctx: Context) -> None:
    run = component(ctx, "a")
    values = [math.sin(n / 50) for n in range(20_000)]
    values[7_777] = 9.0
    put(ctx, run, "loss", values)

    (whole,) = read(ctx, (run, "loss"), Points=100)["Series"]
    (part,) = read(ctx, (run, "loss"), Points=100, Start=7_770, End=7_790)["Series"]

    assert len(whole["X"]) <= 100
    assert (whole["X"][0], whole["X"][-1]) == (0, 19_999)
    assert (max(whole["Values"]), whole["Count"]) == (9.0, 20_000)
    assert part["X"] == list(range(7_770, 7_791))
    assert part["Values"] == values[7_770:7_791]


def test_a_component_shows_the_metrics_of_its_job(ctx: Context) -> None:
    ctx.records.insert("training-job", "fit", {"TrainingJobArn": JOB}, arn=JOB)
    run = component(ctx, "fit-aws-training-job", JOB)
    put(ctx, JOB, "loss", [2.0, 1.0])

    assert read(ctx, (run, "loss"))["Series"][0]["Values"] == [2.0, 1.0]


@pytest.mark.parametrize("refused", ["experiment-trial-component/fit", "training-job/fit"])
def test_metrics_are_read_with_the_right_for_each_of_their_owners(ctx: Context, refused: str) -> None:
    ctx.records.insert("training-job", "fit", {"TrainingJobArn": JOB}, arn=JOB)
    run = component(ctx, "fit", JOB)
    put(ctx, JOB, "loss", [2.0, 1.0])
    asked: list[tuple[str, str]] = []

    def may(action: str, resource: str) -> bool:
        asked.append((action, resource))
        return not resource.endswith(refused)

    with pytest.raises(Denied, match=f"sagemaker:BatchGetMetrics on resource: {PREFIX}:{refused}"):
        read(replace(ctx, may=may), (run, "loss"))
    assert {action for action, _ in asked} == {"sagemaker:BatchGetMetrics"}


def test_time_is_absolute_or_since_the_first_point_of_the_resource(ctx: Context) -> None:
    run = component(ctx, "a")
    put(ctx, run, "loss", [3.0, 2.0, 1.0])
    ctx.metrics.append(run, [("late", START + 15, 1, 5.0)])

    absolute = read(ctx, (run, "loss"), XAxis="Time", Start=START + 10)["Series"]
    relative = read(ctx, (run, "loss"), (run, "late"), XAxis="RelativeTime", End=15)["Series"]

    assert absolute[0]["X"] == [START + 10, START + 20]
    assert [each["X"] for each in relative] == [[0.0, 10.0], [15.0]]


def test_without_any_step_the_axis_is_relative_time(ctx: Context) -> None:
    run = component(ctx, "a")
    put(ctx, run, "loss", [3.0, 2.0], steps=False)

    answer = read(ctx, (run, "loss"))

    assert (answer["XAxis"], answer["Series"][0]["X"]) == ("RelativeTime", [0.0, 10.0])


def test_the_axis_may_be_another_metric_with_the_value_it_had_last(ctx: Context) -> None:
    run = component(ctx, "a")
    put(ctx, run, "loss", [6.0, 5.0, 4.0, 3.0, 2.0, 1.0])
    ctx.metrics.append(run, [("epoch", START, 1, 1.0), ("epoch", START, 4, 2.0)])

    whole = read(ctx, (run, "loss"), XAxis="Metric", XMetric="epoch")["Series"][0]
    part = read(ctx, (run, "loss"), XAxis="Metric", XMetric="epoch", Start=1.5)["Series"][0]

    assert (whole["X"], whole["Values"]) == ([1, 1, 1, 2, 2], [5.0, 4.0, 3.0, 2.0, 1.0])
    assert (part["X"], part["Values"]) == ([2, 2], [2.0, 1.0])


def test_a_group_is_a_band_from_its_lowest_to_its_highest_run(ctx: Context) -> None:
    one, other = component(ctx, "a"), component(ctx, "b")
    put(ctx, one, "loss", [4.0, 2.0, 0.0])
    put(ctx, other, "loss", [8.0, 4.0], every=2)
    wanted = [{"ResourceArn": arn, "MetricName": "loss", "Group": "both"} for arn in (one, other)]

    (band,) = orjson.loads(
        orjson.dumps(read_series(ctx, {"Series": wanted}), option=orjson.OPT_SERIALIZE_NUMPY)
    )["Bands"]

    assert band == {
        "Group": "both",
        "IsWhole": True,
        "X": [0, 1, 2],
        "Mean": [6.0, 4.0, 2.0],  # between its two points, the other run is interpolated: 8, 6, 4
        "Min": [4.0, 2.0, 0.0],
        "Max": [8.0, 6.0, 4.0],
        "Runs": [2, 2, 2],
    }


def test_a_band_of_long_series_has_few_places_and_their_means(ctx: Context) -> None:
    runs = [component(ctx, name) for name in "ab"]
    for level, run in enumerate(runs):
        put(ctx, run, "loss", [level + (-1) ** n for n in range(5_000)])
    wanted = [{"ResourceArn": run, "MetricName": "loss", "Group": "g"} for run in runs]

    (band,) = read_series(ctx, {"Series": wanted, "Points": 50})["Bands"]

    assert len(band["X"]) == 50
    assert band["Mean"].tolist() == pytest.approx([0.5] * 50, abs=0.01)
    assert band["Max"].tolist() == pytest.approx([1.0] * 50, abs=0.01)


def test_the_points_of_many_series_are_bounded_together(ctx: Context) -> None:
    run = component(ctx, "a")
    put(ctx, run, "loss", [float(n % 7) for n in range(3_000)])

    answer = read(ctx, *[(run, "loss")] * 500, Points=4_000)

    assert max(len(each["X"]) for each in answer["Series"]) <= 120


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"Series": []}, "Series has"),
        ({"Series": [{}] * 501}, "Series has"),
        ({"Series": ["loss"]}, r"Series\[0\]"),
        ({"Series": [{"ResourceArn": JOB}]}, r"Series\[0\].MetricName"),
        ({"Series": [{"ResourceArn": 7, "MetricName": "x"}]}, r"Series\[0\].ResourceArn"),
        ({"Series": [{"ResourceArn": JOB, "MetricName": "x", "Group": ""}]}, r"Series\[0\].Group"),
        ({"XAxis": "step"}, "XAxis"),
        ({"XAxis": "Metric"}, "XMetric"),
        ({"Start": "1"}, "Start"),
        ({"End": True}, "End"),
        ({"End": 10**400}, "End"),
        ({"Start": 2, "End": 1}, "Start"),
        ({"Points": 3}, "Points"),
    ],
)
def test_a_bad_request_names_the_member(ctx: Context, members: dict[str, object], named: str) -> None:
    good = {"Series": [{"ResourceArn": JOB, "MetricName": "x"}]}

    with pytest.raises(BadRequest, match=named):
        read_series(ctx, {**good, **members})
