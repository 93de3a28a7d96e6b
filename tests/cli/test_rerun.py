from __future__ import annotations

import datetime
from typing import Any

import pytest
import typer

from clary.cli.rerun import _next_name, _renamed, _with_changes, spelled_like

JOB: dict[str, Any] = {"TrainingJobName": "first", "CreationTime": datetime.datetime.now(datetime.UTC)}


def request(**members: Any) -> dict[str, Any]:
    return {"TrainingJobName": "first", "AlgorithmSpecification": {"TrainingImage": "python"}, **members}


@pytest.mark.parametrize(
    ("before", "value", "spelled"),
    [
        ("3", "5", "5"),
        ('"sgd"', "adam", '"adam"'),
        ('"sgd"', '"adam"', '"adam"'),
        ("sgd", "adam", "adam"),
        ('"3"', "5", '"5"'),
        ("", "0.1", "0.1"),
    ],
)
def test_a_value_is_spelled_as_the_one_before(before: str, value: str, spelled: str) -> None:
    assert spelled_like(before, value) == spelled


def test_changes_replace_and_add_hyperparameters() -> None:
    made = _with_changes(
        request(HyperParameters={"lr": "0.1", "epochs": "3"}), ["lr=0.5", "depth=2", "path=a=b"]
    )

    assert made["HyperParameters"] == {"lr": "0.5", "epochs": "3", "depth": "2", "path": "a=b"}


def test_without_changes_nothing_is_added() -> None:
    assert _with_changes(request(), []) == request()


@pytest.mark.parametrize("change", ["lr", "=3", ""])
def test_a_change_that_is_none_ends_the_command(change: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        _with_changes(request(), [change])
    assert "write it as NAME=VALUE" in capsys.readouterr().err


def test_arguments_that_were_given_as_they_are_can_not_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    given = request()
    given["AlgorithmSpecification"]["ContainerArguments"] = ["--verbose", "--epochs=3"]

    with pytest.raises(typer.Exit):
        _with_changes(given, ["epochs=5"])
    assert "--verbose --epochs=3" in capsys.readouterr().err


def test_the_job_s_own_name_is_the_new_one() -> None:
    told = {"sagemaker_job_name": '"first"', "lr": "1"}

    made = _renamed(request(HyperParameters=told), JOB, "second")

    assert made["TrainingJobName"] == "second"
    assert made["HyperParameters"] == {"sagemaker_job_name": '"second"', "lr": "1"}


def test_checkpoints_begin_in_a_folder_of_their_own() -> None:
    made = _renamed(request(CheckpointConfig={"S3Uri": "s3://b/c/", "LocalPath": "/x"}), JOB, "second")

    assert made["CheckpointConfig"] == {"S3Uri": "s3://b/c-second", "LocalPath": "/x"}


def test_names_do_not_grow_with_every_rerun() -> None:
    once = _next_name("digits")

    assert len(_next_name(once)) == len(once)
