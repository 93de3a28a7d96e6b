from __future__ import annotations

from typing import Any

from clary.cli.comparison import compared, differing


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


def test_names_that_are_not_enough_are_followed_by_the_components() -> None:
    (table,) = tables(component("a", "t", display="Train"), component("b", "t", display="Train"))

    assert table.titles[:3] == ["Name", "Trial", "Component"]
    assert [row[2] for row in table.rows] == ["a-aws-training-job", "b-aws-training-job"]
    assert "Trial" not in table.may_leave_out


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
