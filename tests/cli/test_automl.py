"""``clary automl``: its options as members of a request, and its tables."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from clary.cli.automl import _is_parquet, _objective, _one_of
from clary.cli.automl_watch import _CandidateLines, _screen, shown, table_of

PREFIX = "iris-t"


def candidate(number: int, status: str = "Completed", value: float | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"CandidateName": f"{PREFIX}{number}", "CandidateStatus": status}
    if value is not None:
        found["FinalAutoMLJobObjectiveMetric"] = {"Type": "Maximize", "MetricName": "F1", "Value": value}
        metrics = [
            {"StandardMetricName": "F1", "Set": "Validation", "Value": value},
            {"StandardMetricName": "Accuracy", "Set": "Validation", "Value": value / 2},
            {"StandardMetricName": "Accuracy", "Set": "Train", "Value": 1.0},
        ]
        found["CandidateProperties"] = {"CandidateMetrics": metrics}
    return found


CANDIDATES = [
    candidate(1, value=0.5),
    candidate(2, "Failed"),
    candidate(3, value=0.75),
    candidate(4, "InProgress"),
]
JOB = {
    "AutoMLJobName": "iris",
    "AutoMLJobStatus": "InProgress",
    "AutoMLJobSecondaryStatus": "ModelTuning",
    "BestCandidate": CANDIDATES[2],
    "ResolvedAttributes": {
        "AutoMLJobObjective": {"MetricName": "F1"},
        "CompletionCriteria": {"MaxCandidates": 6},
    },
}


def test_a_table_has_the_objective_first_and_a_star_at_the_best() -> None:
    titles, rows = table_of(JOB, CANDIDATES)

    assert titles == ["CANDIDATE", "STATUS", "F1", "Accuracy"]
    assert rows[2] == ["iris-t3 *", "Completed", "0.75", "0.375"]
    assert rows[1] == ["iris-t2", "Failed", "", ""]


def test_the_live_table_shows_those_that_run_then_the_best() -> None:
    names = [each["CandidateName"] for each in shown(CANDIDATES, 3)]

    assert names == ["iris-t4", "iris-t3", "iris-t1"]


def test_the_screen_says_how_far_it_is() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(_screen(JOB, CANDIDATES))

    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "iris: trains candidates, 3 of 6 candidates, 1 failed, best F1 0.75" in said


def test_without_a_terminal_each_step_and_each_end_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _CandidateLines()
    lines({**JOB, "AutoMLJobSecondaryStatus": "AnalyzingData"}, [])
    lines(JOB, CANDIDATES)
    lines(JOB, CANDIDATES)
    reported = {**JOB, "AutoMLJobSecondaryStatus": "GeneratingExplainabilityReport"}
    lines(reported, [*CANDIDATES[:3], candidate(4, value=0.25)])

    assert capsys.readouterr().err.splitlines() == [
        "iris: looks at the data",
        "iris: trains candidates",
        "iris-t1: Completed: 0.5",
        "iris-t2: Failed: no value",
        "iris-t3: Completed: 0.75",
        "iris-t4: Completed: 0.25",
        "iris: reports on the best",
    ]


def test_a_problem_and_a_metric_are_given_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert _objective(None, None) == {}
    assert _objective("Binary", "AUC") == {
        "ProblemType": "BinaryClassification",
        "AutoMLJobObjective": {"MetricName": "AUC"},
    }
    with pytest.raises(typer.Exit):
        _objective(None, "AUC")
    assert "give --problem and --metric" in capsys.readouterr().err
    with pytest.raises(typer.Exit):
        _one_of("--mode", "fast", {"auto": "AUTO", "tuning": "HYPERPARAMETER_TUNING"})
    assert "--mode fast: choose auto, tuning" in capsys.readouterr().err


def test_parquet_is_known_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "part-0.parquet").touch()

    assert _is_parquet("s3://bucket/table.parquet")
    assert _is_parquet(str(tmp_path))
    assert not _is_parquet("table.csv.gz")
