"""However a job ends, its saved tensors can be read, and readers see that no more will come."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from tests.journeys.clients import Client
from tests.journeys.debugged import Seen, assert_close, read_copy
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Clients, Server, wait_for
from tests.journeys.test_kill import agent_pid, command_of, processes_of

IMAGE = "pytorch-training:2.6-cpu-py312"
LEARNING_RATE = 0.1
FIRST_BUILD_S = 900.0


@pytest.fixture(scope="module")
def train(jobs: Jobs) -> str:
    """Some images: these tests are about the end of a training, not its result."""
    random = np.random.default_rng(0)
    content = io.BytesIO()
    np.savez(content, images=random.integers(0, 256, (5000, 784)), labels=random.integers(0, 10, 5000))
    return jobs.upload("debugger-noise/digits.npz", content.getvalue()).rpartition("/")[0]


def hook(jobs: Jobs) -> dict[str, Any]:
    """Every tensor at every step."""
    return {
        "S3OutputPath": f"s3://{jobs.bucket}/tensors",
        "CollectionConfigurations": [
            {"CollectionName": "all", "CollectionParameters": {"save_interval": "1"}},
        ],
    }


def create(jobs: Jobs, train: str, **hyperparameters: Any) -> str:
    return jobs.create(
        "debugged_torch.py",
        image=IMAGE,
        inputs={"train": train},
        hyperparameters=hyperparameters,
        DebugHookConfig=hook(jobs),
    )


def in_s3(jobs: Jobs, name: str, relative: str) -> bool:
    try:
        jobs.clients("s3").head_object(Bucket=jobs.bucket, Key=f"tensors/{name}/debug-output/{relative}")
    except ClientError:
        return False
    return True


def uri(jobs: Jobs, name: str) -> str:
    return f"s3://{jobs.bucket}/tensors/{name}/debug-output"


def begun(jobs: Jobs, name: str) -> None:
    """Returns when step 5 of a job has arrived."""
    index = "index/000000000/000000000005_worker_0.json"

    def arrived() -> bool:
        job = jobs.describe(name)
        assert job["TrainingJobStatus"] == "InProgress", job.get("FailureReason")
        return in_s3(jobs, name, index)

    wait_for(arrived, "step 5 to arrive", timeout_s=FIRST_BUILD_S, every_s=0.2)


def steps_printed(jobs: Jobs, name: str) -> int:
    return len([line for line in jobs.log(name) if line.startswith("step ")])


def assert_whole(seen: Seen) -> None:
    """Checks that all steps from the first on have all their tensors, and that these are consistent."""
    steps = seen.steps()
    assert steps == list(range(len(steps)))
    assert seen.facts["ended"]
    for step in steps[:-1]:
        assert set(seen.facts["names_by_step"][str(step)]) == seen.names
        for name in ("conv1.weight", "fc2.bias"):
            gradient = seen.value(f"gradient/LeNet_{name}", step)
            moved = seen.value(f"LeNet_{name}", step) - LEARNING_RATE * gradient
            assert_close(seen.value(f"LeNet_{name}", step + 1), moved)


def test_a_killed_training_leaves_every_complete_step(
    jobs: Jobs, train: str, v2: Client, tmp_path: Path
) -> None:
    name = create(jobs, train, steps=100_000, every_s=0.05)
    begun(jobs, name)

    for pid in processes_of(name):
        if b"debugged_torch.py" in command_of(pid):
            os.kill(pid, signal.SIGKILL)
    job = jobs.wait(name)
    seen = read_copy(v2, uri(jobs, name), tmp_path)

    assert "SIGKILL" in job["FailureReason"]
    assert_whole(seen)
    assert len(seen.steps()) >= 6
    copied = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert not {name for name in copied if name == "claim.smd" or name.endswith(".tmp")}


def test_a_stopped_training_leaves_the_step_it_was_at(
    jobs: Jobs, train: str, v2: Client, tmp_path: Path
) -> None:
    name = create(jobs, train, steps=100_000, every_s=0.05)
    begun(jobs, name)

    jobs.clients("sagemaker").stop_training_job(TrainingJobName=name)
    job = jobs.wait(name)
    seen = read_copy(v2, uri(jobs, name), tmp_path)

    assert job["TrainingJobStatus"] == "Stopped"
    assert_whole(seen)
    assert len(seen.steps()) >= steps_printed(jobs, name)


def test_a_training_that_raises_leaves_the_step_at_which_it_did(
    jobs: Jobs, train: str, v2: Client, tmp_path: Path
) -> None:
    name = create(jobs, train, steps=100, raise_at=5)

    job = jobs.wait(name, timeout_s=FIRST_BUILD_S)
    seen = read_copy(v2, uri(jobs, name), tmp_path)

    assert "the learning rate of step 5 must not be negative" in job["FailureReason"]
    assert_whole(seen)
    assert seen.steps() == [0, 1, 2, 3, 4, 5]
    assert set(seen.facts["names_by_step"]["5"]) == seen.names
    assert not [line for line in jobs.log(name) if "Clary" in line or "Debugger" in line]


def test_a_job_that_fails_before_its_process_starts_ends_its_trial(
    jobs: Jobs, v2: Client, clients: Clients
) -> None:
    name = create(jobs, f"s3://{jobs.bucket}/{unique_name('nothing')}", steps=1)

    job = jobs.wait(name, timeout_s=FIRST_BUILD_S)

    assert job["TrainingJobStatus"] == "Failed"
    assert in_s3(jobs, name, "training_job_end.ts")


def test_a_job_that_trains_nothing_leaves_an_empty_trial_and_says_so(
    jobs: Jobs, v2: Client, tmp_path: Path
) -> None:
    job = jobs.run("counting.py", hyperparameters={"lines": 2, "seconds": 0}, DebugHookConfig=hook(jobs))

    seen = read_copy(v2, uri(jobs, job["TrainingJobName"]), tmp_path)

    assert (seen.steps(), seen.facts["ended"]) == ([], True)
    assert [line for line in jobs.log(job["TrainingJobName"]) if "the debug hook saved no tensors" in line]


def test_a_job_whose_agent_is_killed_ends_its_trial(
    server: Server, jobs: Jobs, v2: Client, tmp_path: Path
) -> None:
    name = jobs.create("ending.py", hyperparameters={"how": "late"}, DebugHookConfig=hook(jobs))
    wait_for(lambda: jobs.log(name), "the script to have begun")

    os.kill(agent_pid(server, name), signal.SIGKILL)
    jobs.wait(name)

    assert read_copy(v2, uri(jobs, name), tmp_path).facts["ended"]


def test_a_job_with_the_name_of_a_deleted_one_has_not_ended_before_it_does(
    jobs: Jobs, clients: Clients
) -> None:
    """Readers and rules of the new job would end at once with the files of the old one."""
    sagemaker = clients("sagemaker")
    request = jobs.request("ending.py", hyperparameters={"how": "late"}, DebugHookConfig=hook(jobs))
    name = request["TrainingJobName"]
    for _ in range(2):
        jobs.submit(request)
        assert jobs.wait(name, until=("Training",))["SecondaryStatus"] == "Training"

        assert not in_s3(jobs, name, "training_job_end.ts")
        sagemaker.stop_training_job(TrainingJobName=name)
        jobs.wait(name)
        assert in_s3(jobs, name, "training_job_end.ts")

        sagemaker.delete_training_job(TrainingJobName=name)
