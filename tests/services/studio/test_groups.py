"""Trial components are grouped by the value of a column, with the numbers of each group."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clary.domain.errors import BadRequest, Denied
from clary.services.context import Context
from clary.services.sagemaker.experiments.trial import associate_trial_component
from clary.services.studio.groups import list_groups

COMPONENTS = {"Resource": "ExperimentTrialComponent"}


def groups(ctx: Context, by: str, **request: Any) -> dict[str, Any]:
    return list_groups(ctx, {**COMPONENTS, "GroupBy": by, **request})


def sizes(found: dict[str, Any]) -> list[tuple[Any, int]]:
    return [(group["Value"], group["Count"]) for group in found["Groups"]]


def test_groups_have_counts_and_the_numbers_of_their_records(runs: Context) -> None:
    found = groups(
        runs, "Parameters.optimizer", Columns=["Metrics.loss.Last", "Parameters.rate", "DisplayName"]
    )

    assert sizes(found) == [("adam", 2), ("sgd", 2)]
    assert (found["Total"], found["GroupTotal"]) == (4, 2)
    assert found["Numbers"] == {
        "Metrics.loss.Last": {"Mean": [0.5, 0.25], "Min": [0.5, 0.2], "Max": [0.5, 0.3]},
        "Parameters.rate": {"Mean": [0.1, 0.01], "Min": [0.1, 0.01], "Max": [0.1, 0.01]},
        "DisplayName": {"Mean": [None, None], "Min": [None, None], "Max": [None, None]},
    }


def test_numbers_and_texts_group_and_those_without_come_last(runs: Context) -> None:
    assert sizes(groups(runs, "Parameters.rate")) == [(0.1, 2), (0.01, 1), ("auto", 1)]
    assert sizes(groups(runs, "Tags.team")) == [("vision", 1), (None, 3)]
    assert sizes(groups(runs, "Parameters.none")) == [(None, 4)]


def test_a_component_of_two_trials_is_in_both_groups(runs: Context) -> None:
    associate_trial_component(runs, {"TrialName": "second", "TrialComponentName": "run-1"})

    found = groups(runs, "Parents.TrialName", Columns=["Metrics.loss.Last"])

    assert sizes(found) == [("first", 2), ("second", 2), (None, 1)]
    assert found["Numbers"]["Metrics.loss.Last"]["Max"] == [0.5, 0.5, None]
    assert found["Total"] == 4


def test_only_matching_records_are_grouped_and_few_groups_answered(runs: Context) -> None:
    found = groups(runs, "Parameters.rate", Text="run", Count=1)

    assert (sizes(found), found["GroupTotal"]) == ([(0.1, 2)], 3)
    assert sizes(groups(runs, "Parameters.rate", Text="run-3")) == [("auto", 1)]


@pytest.mark.parametrize(
    ("by", "request_", "said"),
    [
        ("", {}, "GroupBy has to be"),
        ("Nonsense", {}, "GroupBy takes properties"),
        ("Duration", {}, "GroupBy takes properties"),
        ("Tags.team", {"Columns": [1]}, "Columns has to be a text"),
        ("Tags.team", {"Columns": ["DisplayName"] * 41}, "at most 40"),
        ("Tags.team", {"Count": 0}, "Count has to be"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(
    runs: Context, by: str, request_: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadRequest, match=said):
        groups(runs, by, **request_)


def test_who_may_not_search_may_not_group(runs: Context) -> None:
    guest = replace(runs, may=lambda action, arn: action != "sagemaker:Search")

    with pytest.raises(Denied, match="sagemaker:Search"):
        groups(guest, "Tags.team")
