"""A script that saves its own numbers and tensors, with a hook and without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.journeys.clients import Client
from tests.journeys.debugged import read_copy
from tests.journeys.jobs import Jobs


def train(jobs: Jobs, **members: Any) -> dict[str, Any]:
    return jobs.run("debugged_by_hand.py", image="pytorch-training:2.6-cpu-py312", timeout_s=900.0, **members)


def test_what_a_script_saves_itself_is_read_by_smdebug(jobs: Jobs, v2: Client, tmp_path: Path) -> None:
    config = {
        "S3OutputPath": f"s3://{jobs.bucket}/tensors",
        "CollectionConfigurations": [
            {
                "CollectionName": "mine",
                "CollectionParameters": {"include_regex": "^samples$", "save_interval": "2"},
            }
        ],
    }

    job = train(jobs, DebugHookConfig=config)
    seen = read_copy(v2, f"s3://{jobs.bucket}/tensors/{job['TrainingJobName']}/debug-output", tmp_path)

    rates = [seen.value("scalar/learning_rate", step).item() for step in range(4)]
    assert rates == [0.5, 0.25, 0.125, 0.0625]  # a number is saved at every step
    assert [key for key in seen.arrays if key.startswith("value|samples|")] == [
        "value|samples|0|worker_0",
        "value|samples|2|worker_0",
    ]
    np.testing.assert_array_equal(seen.value("samples", 2), np.full((3, 4), 2.0))
    assert "samples" in seen.facts["collections"]["mine"]
    last = seen.value("scalar/loss", 3).item()
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics["scalar/loss_TRAIN"] == pytest.approx(last)


def test_the_same_script_runs_where_nothing_is_captured(jobs: Jobs) -> None:
    job = train(jobs)

    assert jobs.log(job["TrainingJobName"])[-1].startswith("ended at")


def test_a_script_may_make_the_hook_of_the_smdebug_that_its_image_has(
    jobs: Jobs, v2: Client, tmp_path: Path
) -> None:
    config = {
        "S3OutputPath": f"s3://{jobs.bucket}/tensors",
        "CollectionConfigurations": [
            {"CollectionName": "metrics", "CollectionParameters": {"save_interval": "1"}},
            {"CollectionName": "feature_importance", "CollectionParameters": {"save_interval": "2"}},
        ],
    }

    job = jobs.run(
        "debugged_by_smdebug.py", image="sagemaker-xgboost:1.7-1", timeout_s=900.0, DebugHookConfig=config
    )
    seen = read_copy(v2, f"s3://{jobs.bucket}/tensors/{job['TrainingJobName']}/debug-output", tmp_path)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert seen.steps() == [0, 1, 2, 3, 4, 5]
    assert "feature_importance/weight/f0" in seen.names
