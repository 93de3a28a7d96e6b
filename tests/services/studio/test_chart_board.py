"""Boards of charts are kept with their experiment, checked, and never overwritten unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clary.domain.errors import BadRequest, Conflict, Denied, NotFound
from clary.services.context import Context
from clary.services.sagemaker.experiments.experiment import (
    create_experiment,
    delete_experiment,
    describe_experiment,
    update_experiment,
)
from clary.services.studio.chart_board import delete_chart_board, get_chart_board, put_chart_board

LINE = {
    "Id": "a",
    "Kind": "Line",
    "Title": "Loss",
    "Width": 2,
    "Metrics": ["loss"],
    "Axis": "Step",
    "LogY": True,
}
NAMED = {"ExperimentName": "digits"}


@pytest.fixture(autouse=True)
def experiment(ctx: Context) -> None:
    create_experiment(ctx, {"ExperimentName": "digits"})


def put(ctx: Context, *charts: dict[str, Any], version: int = 0) -> int:
    return int(put_chart_board(ctx, {**NAMED, "Charts": list(charts), "Version": version})["Version"])


def test_a_board_is_kept_with_its_experiment_and_deleted_with_it(ctx: Context) -> None:
    assert get_chart_board(ctx, NAMED) == {"ExperimentName": "digits", "Version": 0}

    version = put(ctx, LINE)
    update_experiment(ctx, {"ExperimentName": "digits", "Description": "new"})
    board = get_chart_board(ctx, NAMED)

    assert (board["Version"], board["Charts"]) == (version, [LINE])
    assert board["LastModifiedBy"] == {
        "IamIdentity": {"Arn": ctx.caller.arn, "PrincipalId": ctx.caller.principal_id}
    }
    assert describe_experiment(ctx, {"ExperimentName": "digits"})["Description"] == "new"

    delete_experiment(ctx, {"ExperimentName": "digits"})
    create_experiment(ctx, {"ExperimentName": "digits"})
    assert get_chart_board(ctx, NAMED)["Version"] == 0


def test_a_board_that_was_changed_since_is_not_overwritten(ctx: Context) -> None:
    put(ctx, LINE)

    with pytest.raises(Conflict, match="version 1 now, and yours were made from version 0") as told:
        put(ctx)
    with pytest.raises(Conflict):
        delete_chart_board(ctx, NAMED)

    assert told.value.members == {"Version": 1}
    assert put(ctx, version=1) == 2
    assert get_chart_board(ctx, NAMED)["Charts"] == []


def test_a_deleted_board_has_no_charts_and_its_version_goes_on(ctx: Context) -> None:
    put(ctx, LINE)

    assert delete_chart_board(ctx, {**NAMED, "Version": 1})["Version"] == 2

    assert get_chart_board(ctx, NAMED) == {"ExperimentName": "digits", "Version": 2}


@pytest.mark.parametrize(
    ("call", "action"),
    [
        (get_chart_board, "DescribeExperiment"),
        (put_chart_board, "UpdateExperiment"),
        (delete_chart_board, "UpdateExperiment"),
    ],
)
def test_a_board_needs_the_right_for_its_experiment(ctx: Context, call: Any, action: str) -> None:
    guest = replace(ctx, may=lambda asked, resource: False)

    with pytest.raises(Denied, match=f"sagemaker:{action} on resource: .*experiment/digits"):
        call(guest, {**NAMED, "Charts": []})


def test_a_board_of_no_experiment_is_not_found(ctx: Context) -> None:
    with pytest.raises(NotFound):
        get_chart_board(ctx, {"ExperimentName": "none"})


@pytest.mark.parametrize(
    ("charts", "named"),
    [
        (None, "Charts has"),
        ([{}] * 61, "Charts has"),
        (["line"], r"Charts\[0\] has"),
        ([{**LINE, "Kind": "Pie"}], r"Charts\[0\].Kind has to be one of Line, Scatter"),
        ([{**LINE, "Kind": 7}], r"Charts\[0\].Kind"),
        ([LINE, {**LINE, "Id": "b", "Title": "x" * 201}], r"Charts\[1\].Title"),
        ([{**LINE, "Metrics": "loss"}], r"Charts\[0\].Metrics"),
        ([{**LINE, "Metrics": [""]}], r"Charts\[0\].Metrics"),
        ([{**LINE, "Smoothing": 1}], r"Charts\[0\].Smoothing"),
        ([{**LINE, "LogY": 1}], r"Charts\[0\].LogY"),
        ([{**LINE, "Width": True}], r"Charts\[0\].Width"),
        ([{**LINE, "Axis": ["Step"]}], r"Charts\[0\].Axis"),
        ([{**LINE, "Script": "x"}], r"Charts\[0\].Script is no member"),
        ([{"Kind": "Line", "Id": "a", "Title": "x"}], r"Charts\[0\].Width is missing"),
        ([LINE, LINE], "Id of its own"),
    ],
)
def test_a_bad_chart_is_named_and_nothing_is_kept(ctx: Context, charts: object, named: str) -> None:
    with pytest.raises(BadRequest, match=named):
        put_chart_board(ctx, {**NAMED, "Charts": charts})

    assert get_chart_board(ctx, NAMED)["Version"] == 0


@pytest.mark.parametrize(
    "member", [{"Version": -1}, {"Version": "1"}, {"ExperimentName": "x" * 121}, {"ExperimentName": 7}]
)
def test_other_bad_members_are_named(ctx: Context, member: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match=next(iter(member))):
        put_chart_board(ctx, {**NAMED, "Charts": [], **member})
