"""``sagemaker.experiments.Run`` and the smexperiments tracker: logged data is read back unchanged."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import unique_name

STEPS = 10_000
MATRIX = [[2, 0], [1, 1]]


@pytest.fixture(scope="module")
def run(v2: Client) -> dict[str, Any]:
    seen: dict[str, Any] = v2.run("run_read_back.py", steps=STEPS, name=unique_name("read-back"))
    return seen


def test_parameters_are_numbers_and_strings(run: dict[str, Any]) -> None:
    assert run["component"]["Parameters"] == {
        "text": {"StringValue": "adam"},
        "whole": {"NumberValue": 3.0},
        "real": {"NumberValue": 0.25},
        "of numpy": {"NumberValue": 0.5},
        "long": {"StringValue": "x" * 2500},
        "empty": {"StringValue": ""},
    }


def test_every_step_of_a_metric_is_there(run: dict[str, Any]) -> None:
    assert run["all_losses"]
    (loss,) = [metric for metric in run["component"]["Metrics"] if metric["MetricName"] == "loss"]
    total = math.fsum(1.0 / (step + 1) for step in range(STEPS))
    assert (loss["Count"], loss["Min"], loss["Max"]) == (STEPS, 1.0 / STEPS, 1.0)
    assert loss["Avg"] == pytest.approx(total / STEPS)


def test_late_repeated_and_stepless_points_count(run: dict[str, Any]) -> None:
    assert run["late"] == [[0, 1, 2], [1.0, 2.0, 1.0]]
    assert run["late_by_time"] == [[run["at"] + 60 * minute for minute in range(3)], [0.0, 1.0, 2.0]]
    assert run["stepless"] == [3, 2.0, 3.0]


def test_files_are_uploaded_and_named(run: dict[str, Any]) -> None:
    outputs, inputs = run["component"]["OutputArtifacts"], run["component"]["InputArtifacts"]

    assert run["contents"] == {"notes.txt": "what we saw", "rows": "x,y\n1,2\n", "tagged": "x,y\n1,2\n"}
    assert outputs["notes.txt"]["MediaType"] == "text/plain"
    assert inputs["rows"]["MediaType"] == "text/csv"
    assert run["metadata"] == {"kept": "yes"}
    assert outputs["model"] == {"Value": "s3://somewhere/model.tar.gz", "MediaType": "application/gzip"}
    assert inputs["dataset"] == {"Value": "s3://somewhere/data"}


def test_graphs_are_artifacts_with_their_numbers(run: dict[str, Any]) -> None:
    found = run["lineage"]

    confusion, curve, roc = (found[name] for name in ("confusion", "precision-recall", "roc"))
    assert (confusion["type"], confusion["direction"], confusion["etag"]) == ("ConfusionMatrix", "out", True)
    assert confusion["content"]["confusionMatrix"] == MATRIX
    assert (curve["type"], curve["direction"]) == ("PrecisionRecallCurve", "out")
    assert curve["content"]["averagePrecisionScore"] == pytest.approx(5 / 6)
    assert (roc["type"], roc["direction"]) == ("ROCCurve", "in")
    assert roc["content"]["areaUnderCurve"] == pytest.approx(0.75)
    assert found["second"]["content"]["confusionMatrix"] == [[2, 0], [0, 2]]
    assert found["roc-of-arrays"]["direction"] == "out"
    assert found["roc-of-arrays"]["content"] == {**roc["content"], "title": "roc-of-arrays"}


def test_a_run_has_its_name_and_tags(run: dict[str, Any]) -> None:
    assert run["component"]["DisplayName"] == "Everything"
    assert {"Key": "team", "Value": "vision"} in run["tags"]
    assert run["loaded"] == "everything"
    assert run["component"]["Status"]["PrimaryStatus"] == "Completed"


def test_runs_are_listed_in_any_order_and_by_time(run: dict[str, Any]) -> None:
    assert run["listed"] == {
        "newest": ["a", "b", "everything"],
        "by_name": ["a", "b", "everything"],
        "later": [],
        "before": ["a", "b", "everything"],
    }


def test_a_tracker_keeps_all_that_was_logged(run: dict[str, Any]) -> None:
    tracked = run["tracked"]

    assert tracked["Parameters"] == {"number": {"NumberValue": 2.0}, "word": {"StringValue": "two"}}
    assert tracked["InputArtifacts"]["raw"] == {"Value": "s3://somewhere/raw", "MediaType": "s3/uri"}
    assert tracked["OutputArtifacts"]["clean"] == {"Value": "s3://somewhere/clean"}
    assert run["tracked_contents"] == {
        "alone": "alone",
        "one": "1",
        "two": "2",
        "output-file": "output",
    }


def test_a_trackers_tables_and_graphs_are_read_back(run: dict[str, Any]) -> None:
    found = run["tracked_lineage"]

    values, frame = found["values"], found["frame"]
    assert (values["type"], values["direction"]) == ("Table", "out")
    assert values["content"]["data"] == {"x": [1, 2], "y": ["a", "b"]}
    assert (frame["direction"], frame["content"]["data"]) == ("in", {"z": [1.5]})
    assert (found["input-file"]["direction"], found["input-file"]["content"]) == ("in", "input")
    assert (found["output-file"]["direction"], found["output-file"]["content"]) == ("out", "output")
    assert found["tracker-confusion"]["content"]["confusionMatrix"] == MATRIX
    assert found["tracker-roc"]["content"]["areaUnderCurve"] == pytest.approx(0.75)
    assert found["tracker-precision"]["type"] == "PrecisionRecallCurve"
