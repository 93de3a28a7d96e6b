"""Two hosts train together and both save their tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.journeys.clients import Client
from tests.journeys.debugged import Array, Seen, assert_close, read_copy
from tests.journeys.jobs import Jobs

WORKERS = ["worker_0", "worker_1"]
LEARNING_RATE = 0.05


def train(jobs: Jobs, include_workers: str) -> dict[str, Any]:
    return jobs.run(
        "debugged_two_hosts.py",
        image="pytorch-training:2.6-cpu-py312",
        instances=2,
        timeout_s=900.0,
        DebugHookConfig={
            "S3OutputPath": f"s3://{jobs.bucket}/tensors",
            "HookParameters": {"include_workers": include_workers, "save_interval": "1"},
            "CollectionConfigurations": [
                {"CollectionName": "everything", "CollectionParameters": {"include_regex": ".*"}}
            ],
        },
    )


@pytest.fixture(scope="module")
def job(jobs: Jobs) -> dict[str, Any]:
    return train(jobs, "all")


@pytest.fixture(scope="module")
def seen(jobs: Jobs, job: dict[str, Any], v2: Client, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return read_copy(v2, where(jobs, job), tmp_path_factory.mktemp("copy"))


def where(jobs: Jobs, job: dict[str, Any]) -> str:
    return f"s3://{jobs.bucket}/tensors/{job['TrainingJobName']}/debug-output"


def test_both_workers_files_are_there_and_read_by_smdebug(seen: Seen) -> None:
    assert sorted(seen.facts["workers"]) == WORKERS
    assert seen.steps("TRAIN") == [0, 1, 2, 3, 4]
    assert seen.facts["ended"]
    for worker in WORKERS:
        for step in range(5):
            assert seen.value("Linear_input_0", step, worker).shape == (64, 8)


def test_their_inputs_differ_and_their_parameters_do_not(seen: Seen) -> None:
    first, second = (seen.value("Linear_input_0", 0, worker) for worker in WORKERS)
    assert not np.array_equal(first, second)
    for step in range(5):
        first, second = (seen.value("Linear_weight", step, worker) for worker in WORKERS)
        np.testing.assert_array_equal(first, second)


def test_each_worker_saves_its_own_share_of_the_gradient(seen: Seen) -> None:
    # As with smdebug: the gradient of the worker's own samples, before all workers are averaged.
    for step in range(5):
        shares = [seen.value("gradient/Linear_weight", step, worker) for worker in WORKERS]
        for worker, share in zip(WORKERS, shares, strict=True):
            assert_close(share, gradient_of(seen, step, worker))
        if step < 4:
            moved = seen.value("Linear_weight", step) - LEARNING_RATE * np.mean(shares, axis=0)
            assert_close(seen.value("Linear_weight", step + 1), moved)


def gradient_of(seen: Seen, step: int, worker: str) -> Array:
    """Returns the gradient of the mean of squares over the samples of one worker."""
    inputs, outputs = (seen.value(f"Linear_{side}_0", step, worker) for side in ("input", "output"))
    errors = outputs - inputs.sum(axis=1, keepdims=True)
    gradient: Array = 2 / len(inputs) * errors.T @ inputs
    return gradient


def test_the_log_is_the_scripts_own(jobs: Jobs, job: dict[str, Any]) -> None:
    for host in ("algo-1", "algo-2"):
        lines = jobs.log(job["TrainingJobName"], host)
        assert [line.split(" loss")[0] for line in lines] == [f"step {step}" for step in range(5)]


def test_by_default_the_first_worker_writes_for_all(jobs: Jobs, v2: Client, tmp_path: Path) -> None:
    seen = read_copy(v2, where(jobs, train(jobs, "one")), tmp_path)

    assert seen.facts["workers"] == ["worker_0"]
    assert seen.steps("TRAIN") == [0, 1, 2, 3, 4]
