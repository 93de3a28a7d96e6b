"""What ``clary jobs``, ``show`` and ``logs`` say of tuning and Autopilot jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from clary.cli.job_details import details_of
from clary.cli.job_kinds import AUTOPILOT, TRAINING, TUNING, CliKind
from clary.cli.jobs import _order
from clary.cli.search_details import progress_of

Document = dict[str, Any]

COUNTERS = {"Completed": 11, "InProgress": 2, "RetryableError": 0, "NonRetryableError": 1, "Stopped": 0}
BEST = {
    "TrainingJobName": "digits-004-abc",
    "TunedHyperParameters": {"rate": "0.1"},
    "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "accuracy", "Value": 0.97},
}
TUNED: Document = {
    "HyperParameterTuningJobName": "digits",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 40},
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
        "ParameterRanges": {
            "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.01", "MaxValue": "1"}],
            "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}],
        },
    },
    "TrainingJobDefinition": {"AlgorithmSpecification": {"TrainingImage": "python:3.11"}},
    "TrainingJobStatusCounters": COUNTERS,
    "BestTrainingJob": BEST,
}
FOUND: Document = {
    "AutoMLJobName": "houses",
    "AutoMLJobStatus": "InProgress",
    "AutoMLJobSecondaryStatus": "ModelTuning",
    "InputDataConfig": [
        {"TargetAttributeName": "price", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/houses.csv"}}}
    ],
    "ResolvedAttributes": {
        "ProblemType": "Regression",
        "AutoMLJobObjective": {"MetricName": "MSE"},
        "CompletionCriteria": {"MaxCandidates": 10},
    },
    "BestCandidate": {
        "CandidateName": "houses-t1",
        "FinalAutoMLJobObjectiveMetric": {"MetricName": "MSE", "Value": 2.5},
        "CandidateProperties": {},
    },
    "PartialFailureReasons": [{"PartialFailureMessage": "houses-t2 failed: why\nmore"}],
}


class Candidates:
    """A client whose one paginator has these candidates."""

    def __init__(self, *statuses: str) -> None:
        self._statuses = statuses

    def get_paginator(self, name: str) -> Candidates:
        assert name == "list_candidates_for_auto_ml_job"
        return self

    def paginate(self, **_: Any) -> list[Document]:
        return [{"Candidates": [{"CandidateStatus": status} for status in self._statuses]}]


def lines(kind: CliKind, job: Document) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for title, text in details_of(kind, job):
        found.setdefault(title, []).append(text)
    return found


@pytest.mark.parametrize(
    ("kind", "job", "client", "said"),
    [
        (TUNING, TUNED, Candidates(), "12 of 40 trials"),
        (AUTOPILOT, FOUND, Candidates("Completed", "Failed", "InProgress"), "2 of 10 candidates"),
        (AUTOPILOT, {**FOUND, "ResolvedAttributes": {}}, Candidates(), ""),
        (TRAINING, {}, Candidates(), ""),
    ],
)
def test_a_search_says_how_far_it_is(kind: CliKind, job: Document, client: Any, said: str) -> None:
    assert progress_of(client, kind, job) == said


def test_a_tuning_job_shows_what_it_searches_and_its_best() -> None:
    found = lines(TUNING, TUNED)

    assert found["objective"] == ["Maximize accuracy"]
    assert found["searches"] == ["rate: 0.01 to 1", "kind: a, b"]
    assert found["trials"] == ["11 Completed, 2 InProgress, 1 NonRetryableError"]
    assert found["best"] == ["digits-004-abc, accuracy = 0.97"]


def test_an_autopilot_job_shows_its_data_its_best_and_what_failed() -> None:
    found = lines(AUTOPILOT, FOUND)

    assert (found["target"], found["input training"]) == (["price"], ["s3://b/houses.csv"])
    assert (found["problem"], found["metric"]) == (["Regression"], ["MSE"])
    assert found["best"] == ["houses-t1, MSE = 2.5"]
    assert found["partly failed"] == ["houses-t2 failed: why"]


def test_a_search_that_goes_on_stands_above_the_newer_jobs_that_it_makes() -> None:
    search: Document = {"AutoMLJobStatus": "InProgress", "CreationTime": datetime(2026, 1, 1, tzinfo=UTC)}
    made: Document = {"TrainingJobStatus": "InProgress", "CreationTime": datetime(2026, 1, 2, tzinfo=UTC)}

    assert _order((AUTOPILOT, search)) > _order((TRAINING, made))
    assert _order((AUTOPILOT, {**search, "AutoMLJobStatus": "Completed"})) < _order((TRAINING, made))
