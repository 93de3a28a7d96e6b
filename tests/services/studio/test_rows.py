"""A table of trial components is read column by column, in windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import BadRequest, Denied
from clary.services.context import Context
from clary.services.sagemaker.experiments.trial import associate_trial_component
from clary.services.sagemaker.experiments.trial_component import update_trial_component
from clary.services.studio.rows import list_rows

COMPONENTS = {"Resource": "ExperimentTrialComponent"}


def rows(ctx: Context, **request: Any) -> dict[str, Any]:
    return list_rows(ctx, {**COMPONENTS, **request})


def test_columns_stand_beside_the_names(runs: Context) -> None:
    found = rows(
        runs, Columns=["DisplayName", "Parameters.rate", "metrics.loss.last", "Tags.team", "Parameters.none"]
    )

    assert found["Total"] == 4
    assert found["Names"] == ["run-4", "run-3", "run-2", "run-1"]
    assert found["Arns"][0].endswith(":experiment-trial-component/run-4")
    assert found["Columns"] == {
        "DisplayName": ["The run-4", "The run-3", "The run-2", "The run-1"],
        "Parameters.rate": [0.1, "auto", 0.01, 0.1],
        "metrics.loss.last": [None, 0.3, 0.2, 0.5],
        "Tags.team": [None, None, None, "vision"],
        "Parameters.none": [None] * 4,
    }


@pytest.mark.parametrize(
    ("sort_by", "order", "expected"),
    [
        ("Metrics.loss.Last", "Ascending", "2 3 1 4"),
        ("Metrics.loss.Last", "Descending", "1 3 2 4"),
        ("Parameters.rate", "Ascending", "2 1 4 3"),
        ("Parameters.optimizer", "Ascending", "1 4 2 3"),
        ("DisplayName", "Descending", "4 3 2 1"),
        ("Metrics.none.Last", "Ascending", "1 2 3 4"),
        ("CreationTime", "Ascending", "1 2 3 4"),
    ],
)
def test_numbers_come_first_then_texts_then_rows_without(
    runs: Context, sort_by: str, order: str, expected: str
) -> None:
    found = rows(runs, SortBy=sort_by, SortOrder=order)

    assert found["Names"] == [f"run-{each}" for each in expected.split()]


def test_a_window_is_a_part_of_the_same_order(runs: Context) -> None:
    found = rows(runs, First=1, Count=2, Columns=["DisplayName"])

    assert (found["First"], found["Total"], found["Names"]) == (1, 4, ["run-3", "run-2"])
    assert rows(runs, First=99)["Names"] == []


def test_the_search_of_aws_and_a_text_select_rows(runs: Context) -> None:
    by_loss = {"Filters": [{"Name": "metrics.loss.last", "Operator": "LessThan", "Value": "0.4"}]}
    without = {"Filters": [{"Name": "Parents", "Operator": "NotExists"}]}
    nested = {
        "NestedFilters": [
            {
                "NestedPropertyName": "Parents",
                "Filters": [{"Name": "TrialName", "Operator": "Equals", "Value": "second"}],
            }
        ]
    }

    assert rows(runs, SearchExpression=by_loss)["Names"] == ["run-3", "run-2"]
    assert rows(runs, SearchExpression=without)["Names"] == ["run-4"]
    assert rows(runs, SearchExpression=nested)["Names"] == ["run-3"]
    assert rows(runs, SearchExpression=by_loss, Text="RUN-2")["Names"] == ["run-2"]
    assert rows(runs, Text="the run")["Total"] == 4


def test_a_component_of_two_trials_names_both(runs: Context) -> None:
    associate_trial_component(runs, {"TrialName": "second", "TrialComponentName": "run-1"})

    found = rows(runs, Text="run-1", Columns=["Parents.TrialName"])

    assert found["Columns"]["Parents.TrialName"] == [["first", "second"]]


def test_a_duration_is_up_to_now_while_a_component_runs(runs: Context, clock: Clock) -> None:
    clock.now += 100
    update_trial_component(runs, {"TrialComponentName": "run-1", "Status": {"PrimaryStatus": "InProgress"}})
    update_trial_component(runs, {"TrialComponentName": "run-2", "EndTime": clock.now - 70})

    found = rows(runs, Columns=["Duration"], SortBy="Duration", SortOrder="Ascending")

    assert found["Names"][:2] == ["run-2", "run-1"]
    assert found["Columns"]["Duration"] == [50.0, 130.0, None, None]


def test_experiments_and_trials_count_what_they_have(runs: Context) -> None:
    experiments = list_rows(
        runs, {"Resource": "Experiment", "Columns": ["TrialCount", "TrialComponentCount"]}
    )
    trials = list_rows(
        runs,
        {"Resource": "ExperimentTrial", "Columns": ["TrialComponentCount"], "SortBy": "TrialComponentCount"},
    )

    assert experiments["Columns"] == {"TrialCount": [2.0], "TrialComponentCount": [3.0]}
    assert (trials["Names"], trials["Columns"]["TrialComponentCount"]) == (["first", "second"], [2.0, 1.0])


def test_without_columns_all_names_are_answered(runs: Context) -> None:
    assert rows(runs, Count=50_000)["Names"] == ["run-4", "run-3", "run-2", "run-1"]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"Resource": "Bucket"}, "Resource has to be one of"),
        ({"Columns": "a"}, "Columns has to be a list"),
        ({"Columns": [""]}, "each of Columns"),
        ({"Columns": ["Nonsense.x"]}, "Unknown property name: Nonsense.x. Columns takes"),
        ({"Columns": ["DisplayName"] * 301}, "at most 300"),
        ({"Columns": ["DisplayName"], "Count": 1_001}, "Count has to be"),
        ({"Columns": [f"Tags.{n}" for n in range(300)], "Count": 1_000}, "Count times the Columns is 300000"),
        ({"First": -1}, "First has to be"),
        ({"SortBy": 7}, "SortBy has to be"),
        ({"SortBy": "Nonsense"}, "SortBy takes properties"),
        ({"SortOrder": "Up"}, "SortOrder has to be"),
        ({"Text": "x" * 257}, "Text has to be"),
        ({"SearchExpression": []}, "SearchExpression has to be an object"),
        ({"SearchExpression": {"Filters": {}}}, "SearchExpression.Filters has to be a list"),
        ({"SearchExpression": {"Filters": [{}]}}, "has to have a Name"),
        ({"SearchExpression": {"Filters": [{"Name": "a", "Operator": "Like"}]}}, "Operator has to be one of"),
        ({"SearchExpression": {"Filters": [{"Name": "DisplayName", "Value": 7}]}}, "Value has to be a text"),
        ({"SearchExpression": {"Operator": "Xor"}}, "has to be And or Or"),
        (
            {"SearchExpression": {"NestedFilters": [{"NestedPropertyName": "Parents", "Filters": []}]}},
            "a filter",
        ),
        ({"SearchExpression": {"NestedFilters": [7]}}, "NestedPropertyName"),
        ({"SearchExpression": {"SubExpressions": [[]]}}, "SubExpressions has to be an object"),
        ({"SearchExpression": {"SubExpressions": [{}] * 201}}, "at most 200"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(runs: Context, request_: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        rows(runs, **request_)


def test_deep_expressions_are_refused_and_end(runs: Context) -> None:
    deep: dict[str, Any] = {"Filters": [{"Name": "DisplayName", "Value": "x"}]}
    for _ in range(900):
        deep = {"SubExpressions": [deep]}

    with pytest.raises(BadRequest, match="more than"):
        rows(runs, SearchExpression=deep)


def test_who_may_not_search_may_not_read_rows(runs: Context) -> None:
    guest = replace(runs, may=lambda action, arn: action != "sagemaker:Search")

    with pytest.raises(Denied, match="not authorized to perform: sagemaker:Search"):
        rows(guest)
