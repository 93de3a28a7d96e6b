"""Which columns a table may have, by name; and which ones tell its rows apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clary.domain.errors import BadRequest, Denied
from clary.services.context import Context
from clary.services.sagemaker.experiments.trial_component import delete_trial_component
from clary.services.studio.columns import list_columns, list_typical_columns

COMPONENTS = {"Resource": "ExperimentTrialComponent"}
ADAM = {"Filters": [{"Name": "Parameters.optimizer.StringValue", "Operator": "Equals", "Value": "adam"}]}


def names(ctx: Context, **request: Any) -> list[str]:
    found = list_columns(ctx, {**COMPONENTS, **request})
    return [f"{each['Member']}.{each['Name']}" for each in found["Columns"]]


def test_each_name_is_listed_once(runs: Context) -> None:
    assert names(runs) == ["Parameters.optimizer", "Parameters.rate", "Metrics.loss", "Tags.team"]


def test_only_names_of_matching_components_are_listed(runs: Context) -> None:
    with_loss = {"Filters": [{"Name": "Metrics.loss.Last", "Operator": "Exists"}]}

    assert names(runs, Text="run-4") == ["Parameters.optimizer", "Parameters.rate"]
    assert names(runs, SearchExpression=with_loss, Member="Metrics") == ["Metrics.loss"]
    assert names(runs, Text="no such run") == []


def test_a_hint_is_a_part_of_the_name_in_any_case_and_not_of_the_path(runs: Context) -> None:
    runs.metrics.append(
        arn_of(runs, "run-1"), [(name, 1.0, None, 1.0) for name in ("Val.count", "val:Loss", "a b", "count")]
    )

    assert names(runs, Hint="LOSS") == ["Metrics.loss", "Metrics.val:Loss"]
    assert names(runs, Hint="count") == ["Metrics.count", "Metrics.Val.count"]
    assert names(runs, Hint="number") == []


def test_names_are_paged(runs: Context) -> None:
    found = list_columns(runs, {**COMPONENTS, "First": 1, "Count": 2})

    assert (found["Total"], found["First"]) == (4, 1)
    assert [each["Name"] for each in found["Columns"]] == ["rate", "loss"]


def test_a_name_that_no_component_has_any_more_is_gone(runs: Context) -> None:
    delete_trial_component(runs, {"TrialComponentName": "run-4"})
    assert names(runs, Text="run-4") == []

    runs.tags.remove(arn_of(runs, "run-1"), ["team"])

    assert "Tags.team" not in names(runs)


def test_names_that_differ_are_told_from_those_that_do_not(runs: Context) -> None:
    found = list_typical_columns(runs, {**COMPONENTS, "SearchExpression": ADAM})

    assert found["Sampled"] == 2
    assert {
        (each["Member"], each["Name"]): (each["Count"], each["Differs"]) for each in found["Columns"]
    } == {
        ("Parameters", "optimizer"): (2, False),
        ("Parameters", "rate"): (2, False),
        ("Metrics", "loss"): (1, True),
        ("Tags", "team"): (1, True),
    }


def test_a_parameter_of_numbers_and_texts_differs(runs: Context) -> None:
    found = list_typical_columns(runs, COMPONENTS)["Columns"]

    rate = next(each for each in found if each["Name"] == "rate")
    assert (rate["Count"], rate["Differs"]) == (4, True)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"Hint": 7}, "Hint has to be"),
        ({"Member": "Nonsense"}, "Member has to be one of Parameters, Metrics"),
        ({"Count": 1_001}, "Count has to be"),
        ({"Resource": None}, "Resource has to be"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(runs: Context, request_: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        list_columns(runs, {**COMPONENTS, **request_})


def test_who_may_not_search_may_not_list_names(runs: Context) -> None:
    guest = replace(runs, may=lambda action, arn: action != "sagemaker:Search")

    for operation in (list_columns, list_typical_columns):
        with pytest.raises(Denied, match="sagemaker:Search"):
            operation(guest, COMPONENTS)


def arn_of(ctx: Context, name: str) -> str:
    return str(ctx.records.get("experiment-trial-component", name)["TrialComponentArn"])
