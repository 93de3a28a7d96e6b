"""Managed spot training and warm pools with the sagemaker SDK."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Server, wait_for

SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
}


def test_an_interrupted_training_gives_the_same_model(v2: Client, server: Server, jobs: Jobs) -> None:
    sagemaker = jobs.clients("sagemaker")

    def trains() -> str:
        found = sagemaker.list_training_jobs(NameContains="on-spot", StatusEquals="InProgress")
        names = [job["TrainingJobName"] for job in found["TrainingJobSummaries"]]
        # Before it says so, it would not hear that it has to end.
        return next((name for name in names if jobs.log(name)), "")

    with ThreadPoolExecutor(1) as thread:
        client = thread.submit(v2.run, "on_spot.py", timeout_s=300.0)
        wait_for(lambda: trains() or client.done(), "the spot training to run", timeout_s=200)
        server.command("interrupt", trains(), "--reason", "the test wants its instances")
        seen = client.result()

    one, other = seen["on_demand"], seen["on_spot"]
    assert one["weights"] == other["weights"]
    begun = ["Starting", "Downloading", "Training"]
    assert one["statuses"] == [*begun, "Uploading", "Completed"]
    assert other["statuses"] == [*begun, "Interrupted", *begun, "Uploading", "Completed"]
    assert "because the test wants its instances; it goes on from its checkpoints" in other["said"]
    assert "begins at step 0" in other["said"]
    assert other["said"].count("begins at step") == 2
    assert "Managed Spot Training savings: " in other["said"]
    assert other["billable"] <= other["training"]


def test_the_next_training_finds_the_cache_of_the_warm_pool(v2: Client, jobs: Jobs) -> None:
    seen = v2.run("warm_pool.py", timeout_s=240.0)

    first, second = seen["names"]
    assert seen["available"] == {"Status": "Available"}
    assert seen["reused"]["Status"] == "Reused"
    assert seen["reused"]["ReusedByJob"] == second
    assert seen["listed"] == [second]
    assert seen["ended"]["Status"] == "Terminated"
    said = [jobs.log(name)[0] for name in (first, second)]
    assert said == ["found the cache of 0 jobs", "found the cache of 1 jobs"]


def test_an_interruption_outlives_a_killed_server(own: Server, own_jobs: Jobs) -> None:
    name = own_jobs.create(
        "on_spot.py",
        name=unique_name("on-spot"),
        hyperparameters={"seconds": 1, "wait-at": 30},
        CheckpointConfig={"S3Uri": f"s3://{own_jobs.bucket}/checkpoints"},
        **SPOT,
    )
    wait_for(lambda: own_jobs.log(name), "the script to have begun")

    own.command("interrupt", name)
    own.kill()
    own.start()
    job = own_jobs.wait(name)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    begins = [line for line in own_jobs.log(name) if line.startswith("begins at step")]
    assert len(begins) == 2
    assert begins[1] != "begins at step 0"
