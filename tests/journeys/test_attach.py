"""A job is attached to later, by its name only."""

from __future__ import annotations

from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs


@pytest.fixture(scope="module")
def attached(v2: Client) -> dict[str, Any]:
    seen: dict[str, Any] = v2.run("attach.py", timeout_s=900.0)
    return seen


@pytest.mark.parametrize("kind", ["sklearn", "pytorch", "xgboost", "generic"])
def test_an_estimator_is_found_again(attached: dict[str, Any], kind: str) -> None:
    found = attached[kind]

    assert found["same_model"]
    assert found["max_run"] == 500
    assert found["tags"] == [{"Key": "team", "Value": "vision"}]
    assert found["kms_key"] == ""
    if kind == "generic":
        assert found["hyperparameters"] == {}
    else:
        assert found["hyperparameters"]["layers"] == "[1, 2]"


def test_a_processing_job_is_found_again(attached: dict[str, Any]) -> None:
    assert attached["processing"] == {"inputs": ["code"], "same": True, "status": "Completed"}


def test_the_next_sdk_finds_both_again(attached: dict[str, Any], v3: Client, jobs: Jobs) -> None:
    summaries = jobs.clients("sagemaker").list_processing_jobs(SortOrder="Descending")
    processing = summaries["ProcessingJobSummaries"][0]["ProcessingJobName"]

    found = v3.run("attach_v3.py", training=attached["generic"]["name"], processing=processing)

    assert found == {
        "status": "Completed",
        "kms_key": "",
        "hyperparameters": {},
        "definitions": [],
        "processing": "Completed",
        "listed": [attached["generic"]["name"]],
    }
