"""``clary tune``: its options as members of a request, and its tables."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import typer
from rich.console import Console

from clary.cli.names import tuning_job_name
from clary.cli.tune_options import objective, parameter_ranges, static_arguments, tuning_config
from clary.cli.tune_watch import _screen, shown, table_of

METRIC = "loss=loss: ([0-9.]+)"


def test_ranges_are_whole_numbers_numbers_or_categories() -> None:
    found = parameter_ranges(["layers=1..8", "lr=1e-5..0.1:log", "shift=-1..0.5", "kind=adam,sgd"])

    assert found == {
        "IntegerParameterRanges": [
            {"Name": "layers", "MinValue": "1", "MaxValue": "8", "ScalingType": "Auto"}
        ],
        "ContinuousParameterRanges": [
            {"Name": "lr", "MinValue": "1e-5", "MaxValue": "0.1", "ScalingType": "Logarithmic"},
            {"Name": "shift", "MinValue": "-1", "MaxValue": "0.5", "ScalingType": "Auto"},
        ],
        "CategoricalParameterRanges": [{"Name": "kind", "Values": ["adam", "sgd"]}],
    }


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ([], "say what to search"),
        (["lr"], "write it as NAME=LOW..HIGH"),
        (["lr=1..2:exp"], "a scale is :log, :reverse-log, :linear"),
        (["lr=1..2", "lr=3..4"], "lr is given twice"),
    ],
)
def test_a_range_that_is_none_is_refused(
    specs: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        parameter_ranges(specs)

    assert said in capsys.readouterr().err


@pytest.mark.parametrize(("maximize", "minimize"), [(None, None), (METRIC, METRIC), (None, "loss=x")])
def test_there_is_one_objective(maximize: str | None, minimize: str | None) -> None:
    with pytest.raises(typer.Exit):
        objective(maximize, minimize)


def test_a_grid_has_its_own_number_of_trials() -> None:
    metric = objective(None, METRIC)
    wishes: Any = {"trials": None, "parallel": 4, "target": 0.1, "seed": 3}

    grid = tuning_config("Grid", metric, {}, **wishes)
    other = tuning_config("bayesian", metric, {}, **wishes)

    assert grid["ResourceLimits"] == {"MaxParallelTrainingJobs": 4}
    assert other["ResourceLimits"] == {"MaxParallelTrainingJobs": 4, "MaxNumberOfTrainingJobs": 20}
    assert other["TuningJobCompletionCriteria"] == {"TargetObjectiveMetricValue": 0.1}
    assert (other["RandomSeed"], other["HyperParameterTuningJobObjective"]["Type"]) == (3, "Minimize")


def test_arguments_of_all_trials_are_static() -> None:
    assert static_arguments(["--epochs", "3", "--lr=0.1"]) == {"epochs": "3", "lr": "0.1"}
    with pytest.raises(typer.Exit):
        static_arguments(["--verbose"])


@pytest.mark.parametrize("base", ["train", "my script.v2", "---", "x" * 200])
def test_a_made_name_fits_the_model(base: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", tuning_job_name(base))


def trial(number: int, value: float | None, status: str = "Completed") -> dict[str, Any]:
    metric = {"Type": "Maximize", "MetricName": "accuracy", "Value": value}
    return {
        "TrainingJobName": f"t-{number:03}",
        "TrainingJobStatus": status,
        "TunedHyperParameters": {"lr": "0.0123456789", "kind": '"adam"'},
        **({} if value is None else {"FinalHyperParameterTuningJobObjectiveMetric": metric}),
    }


TRIALS = [trial(1, 0.5), trial(2, None, "Failed"), trial(3, 0.9), trial(4, None, "InProgress")]
JOB = {
    "HyperParameterTuningJobName": "t",
    "HyperParameterTuningJobConfig": {
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 9},
    },
    "TrainingJobStatusCounters": {"InProgress": 1, "NonRetryableError": 1},
    "BestTrainingJob": TRIALS[2],
}


def test_the_table_has_every_parameter_and_marks_the_best() -> None:
    titles, rows = table_of(JOB, TRIALS)

    assert titles == ["TRIAL", "STATUS", "accuracy", "lr", "kind"]
    assert rows[2] == ["t-003 *", "Completed", "0.9", "0.0123457", "adam"]
    assert rows[3][:3] == ["t-004", "InProgress", ""]


def test_those_that_run_and_the_best_are_shown_first() -> None:
    assert [each["TrainingJobName"] for each in shown(JOB, TRIALS, 3)] == ["t-004", "t-003", "t-001"]


def test_the_screen_says_how_far_it_is_and_the_best_so_far() -> None:
    console = Console(file=io.StringIO(), width=100)

    console.print(_screen(JOB, TRIALS))

    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "t: 3 of 9 trials, 1 running, 1 failed, best accuracy 0.9" in said
