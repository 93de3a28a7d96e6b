"""The plan comes from a sandbox: what is taken from it, and what is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from tests.kinds.automl_job.made import ENSEMBLE, SEARCH

from clary.kinds.automl_job.plan import read_plan

Document = dict[str, Any]


def read(plan: Any) -> Document:
    return read_plan(json.dumps(plan).encode())


def changed(plan: Document, path: str, value: Any) -> Document:
    found = copy.deepcopy(plan)
    *above, last = path.split(".")
    inner: Any = found
    for step in above:
        inner = inner[int(step) if step.isdecimal() else step]
    inner[int(last) if last.isdecimal() else last] = value
    return found


def test_a_good_plan_is_taken_and_nothing_else_of_the_file() -> None:
    plan = read({**SEARCH, "direction": "Maximize", "_Owner": "somebody"})["Plan"]

    assert sorted(plan) == ["Candidates", "Definitions", "Metric", "Mode", "Pipelines", "ProblemType"]
    assert plan["Definitions"][0] == {
        "Name": "xgboost-dpp0",
        "Pipeline": "dpp0",
        "HyperParameters": {"rounds": "10"},
        "Ranges": {
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.01", "MaxValue": "1", "ScalingType": "Logarithmic"}
            ]
        },
    }


@pytest.mark.parametrize(
    ("plan", "path", "value", "message"),
    [
        (ENSEMBLE, "mode", "AUTO", "mode is not one of"),
        (ENSEMBLE, "metric", "MSE", "metric is not one of"),
        (ENSEMBLE, "metric", ["F1"], "metric is not one of"),
        (ENSEMBLE, "problem_type", "Clustering", "problem_type is not one of"),
        (ENSEMBLE, "candidates", [], "candidates is not a list of 1 to 750"),
        (ENSEMBLE, "candidates", [{"name": "a"}] * 751, "candidates is not a list of 1 to 750"),
        (ENSEMBLE, "candidates", [{"name": "a"}, {"name": "a"}], "candidates has a name twice"),
        (ENSEMBLE, "candidates", ["a"], "an entry that is not an object"),
        (ENSEMBLE, "candidates.0.name", "../x", "whose name is not 1 to 32"),
        (ENSEMBLE, "candidates.0.hyperparameters", {"a": 1}, "is not a text"),
        (ENSEMBLE, "candidates.0.hyperparameters", {"a": "x" * 2501}, "of at most 2500"),
        (ENSEMBLE, "candidates.0.hyperparameters", {"a": "\ud800"}, "can't be printed"),
        (ENSEMBLE, "candidates.0.hyperparameters", {str(n): "" for n in range(101)}, "at most 100"),
        (ENSEMBLE, "memory_mib", 0, "memory_mib is not a whole number of 1 to"),
        (ENSEMBLE, "memory_mib", True, "memory_mib is not a whole number of 1 to"),
        (ENSEMBLE, "memory_mib", 2**31, "memory_mib is not a whole number of 1 to"),
        (SEARCH, "pipelines", [{"name": f"d{n}"} for n in range(11)], "pipelines is not a list of 1 to 10"),
        (SEARCH, "definitions.0.pipeline", "dpp9", "names no pipeline of the plan"),
        (SEARCH, "definitions.0.pipeline", ["dpp0"], "names no pipeline of the plan"),
        (SEARCH, "definitions.0.ranges", {}, "has no ranges"),
        (SEARCH, "definitions.0.ranges", {"continuous": {}}, "ranges that are not a list"),
        (SEARCH, "definitions.0.ranges.continuous.0.scale", "Cubic", "with a scale that is not"),
        (SEARCH, "definitions.0.ranges.continuous.0.min", True, "end is not a number"),
        (SEARCH, "definitions.0.ranges.continuous.0.max", float("inf"), "end is not finite"),
        (SEARCH, "definitions.0.ranges", {"categorical": [{"name": "a", "values": []}]}, "without 1 to 20"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(plan: Document, path: str, value: Any, message: str) -> None:
    assert message in read(changed(plan, path, value))["Refused"]
