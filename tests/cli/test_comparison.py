from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from clary.cli.comparison import compared, differing
from clary.cli.tables import print_rows


def component(
    name: str, trial: str, *, kind: str = "training-job", display: str = "", **parameters: Any
) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:{kind}/{name}"
    return {
        "TrialComponentName": f"{name}-aws-{kind}",
        "DisplayName": display or f"{name}-aws-{kind}",
        "Source": {"SourceArn": arn},
        "Parents": [{"TrialName": trial}],
        "Status": {"PrimaryStatus": "Completed"},
        "Parameters": {key: {"StringValue": str(value)} for key, value in parameters.items()},
        "Metrics": [{"MetricName": "accuracy", "Last": 0.5}] if kind == "training-job" else [],
    }


def tables(*components: dict[str, Any], **wishes: Any) -> list[Any]:
    return compared(components, "Last", **{"parameters": None, "metrics": None, **wishes})


def test_a_parameter_that_only_some_have_is_shown() -> None:
    assert differing([{"depth": 3, "same": 1}, {"rate": 0.1, "same": 1}]) == ["depth", "rate"]
    assert differing([{"depth": 3, "sagemaker_job_name": "a"}]) == ["depth"]


def test_what_the_platform_notes_of_inputs_is_not_compared() -> None:
    assert differing([{"SageMaker.Input.train": "a", "lr": 1}, {"SageMaker.Input.train": "b", "lr": 2}]) == [
        "lr"
    ]


def test_rows_are_called_by_their_display_names() -> None:
    (table,) = tables(component("a", "t", display="Forest", lr=1), component("b", "t", lr=2))

    assert table.titles == ["Name", "Trial", "lr", "accuracy"]
    assert table.rows == [["Forest", "t", "1", "0.5"], ["b", "t", "2", "0.5"]]


def test_equal_names_in_different_trials_are_told_apart_by_the_trials() -> None:
    (table,) = tables(component("a", "t", display="Train"), component("b", "u", display="Train"))

    assert table.titles[:2] == ["Name", "Trial"]
    assert "Trial" not in table.may_leave_out


def test_names_that_are_not_enough_are_preceded_by_the_components() -> None:
    (table,) = tables(component("a", "t", display="Train"), component("b", "t", display="Train"))

    assert table.titles[:3] == ["Component", "Name", "Trial"]
    assert [row[:3] for row in table.rows] == [["a", "Train", "t"], ["b", "Train", "t"]]


def test_a_component_is_named_whole_where_two_jobs_of_its_name_are_compared() -> None:
    by_hand = {**component("a", "t", display="Train"), "TrialComponentName": "a"}

    (table,) = tables(component("a", "t", display="Train"), by_hand)

    assert [row[0] for row in table.rows] == ["a-aws-training-job", "a"]


def test_equal_names_fit_eighty_columns() -> None:
    trial = "digits-trial-2026-11-27-14-22-33-000000"
    runs = [
        component(f"pytorch-training-2026-11-27-14-22-3{n}-123", trial, display="Training", epochs=n, depth=n)
        for n in range(3)
    ]
    (table,) = tables(*runs)
    heard = io.StringIO()

    print_rows(
        table.titles,
        table.rows,
        may_leave_out=table.may_leave_out,
        console=Console(file=heard, width=80),
    )

    first, *rows, note = heard.getvalue().splitlines()
    assert first.split() == ["Component", "Name", "depth", "epochs", "accuracy"]
    assert len(rows) == 3
    assert "not shown: Trial" in note


def test_preparation_is_apart_and_makes_nothing_of_the_training_differ() -> None:
    training, processing = tables(
        component("prepare", "t", kind="processing-job", display="Prepare"),
        component("a", "t", lr=1, depth=3),
        component("b", "u", lr=1, depth=4),
    )

    assert (training.kind, processing.kind) == ("Training", "Processing")
    assert training.titles == ["Name", "Trial", "depth", "accuracy"]
    assert processing.rows == [["Prepare", "t"]]


def test_what_was_asked_for_by_name_is_not_left_out() -> None:
    first, second = component("a", "t", lr=1), component("b", "t", lr=2)

    assert tables(first, second)[0].may_leave_out == ["lr", "Trial"]
    assert tables(first, second, parameters=["lr"])[0].may_leave_out == ["Trial"]
