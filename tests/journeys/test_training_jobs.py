"""Training jobs with boto3, from create to delete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.journeys.jobs import LOG_GROUP, Jobs, unique_name
from tests.journeys.server import Clients, Server, wait_for


def test_a_job_runs_and_leaves_its_model_metrics_and_times(jobs: Jobs, clients: Clients) -> None:
    name = jobs.create(
        "counting.py",
        hyperparameters={"lines": 5},
        metrics={"loss": "loss=([0-9.]+)"},
        Environment={"MY_WISH": "granted"},
        Tags=[{"Key": "team", "Value": "vision"}],
    )
    clients("sagemaker").get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    job = jobs.describe(name)

    assert job["TrainingJobStatus"] == "Completed"
    assert jobs.log(name) == [f"line {number} loss={1 / (number + 1):.4f}" for number in range(5)]
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert [metric["MetricName"] for metric in job["FinalMetricDataList"]] == ["loss"]
    assert job["FinalMetricDataList"][0]["Value"] == pytest.approx(0.2)
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] >= 1
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"/{name}/output/model.tar.gz")
    tags = clients("sagemaker").list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "vision"}]


def test_the_waiter_of_log_lines_finds_them_by_filter(jobs: Jobs, clients: Clients) -> None:
    name = jobs.run("counting.py", hyperparameters={"lines": 30})["TrainingJobName"]

    found = clients("logs").filter_log_events(
        logGroupName=LOG_GROUP, logStreamNamePrefix=name, filterPattern='"line 7"'
    )["events"]

    assert [event["message"].split(" loss")[0] for event in found] == ["line 7"]


def test_outputs_are_archives_of_what_the_script_wrote(jobs: Jobs) -> None:
    job = jobs.run("looking.py")

    model = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert jobs.download(model) == {"model.txt": b"a model"}
    assert jobs.download(model.replace("model.tar.gz", "output.tar.gz")) == {"notes.txt": b"notes"}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raise", "ValueError: the learning rate must not be 42"),
        ("exit", "ExitCode 7"),
        ("kill", "SIGKILL"),
        ("segfault", "SIGSEGV"),
        ("failure file", "a reason of its own"),
    ],
)
def test_a_failure_says_why_in_the_scripts_own_words(jobs: Jobs, how: str, said: str) -> None:
    job = jobs.run("ending.py", expect="Failed", hyperparameters={"how": how})

    assert said in job["FailureReason"]
    assert job["FailureReason"].startswith("AlgorithmError")
    assert len(job["FailureReason"]) <= 1024


def test_a_stopped_job_ends_in_its_own_time_and_keeps_its_model(jobs: Jobs, clients: Clients) -> None:
    name = jobs.create("ending.py", hyperparameters={"how": "late"})
    wait_for(lambda: jobs.log(name), "the script to have begun")

    clients("sagemaker").stop_training_job(TrainingJobName=name)
    job = jobs.wait(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "asked to end" in jobs.log(name)
    assert jobs.download(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"half.txt": b"half a model"}
    with pytest.raises(ClientError, match="Stopped"):
        clients("sagemaker").stop_training_job(TrainingJobName=name)


def test_a_job_over_its_time_is_stopped_and_says_so(jobs: Jobs) -> None:
    job = jobs.run("ending.py", expect="Stopped", hyperparameters={"how": "late"}, max_run_s=2)

    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_a_second_job_goes_on_from_the_checkpoint_of_the_first(jobs: Jobs) -> None:
    where = {
        "S3Uri": f"s3://{jobs.bucket}/checkpoints/{unique_name('c')}",
        "LocalPath": "/opt/ml/checkpoints",
    }

    first = jobs.run("checkpointing.py", CheckpointConfig=where)["TrainingJobName"]
    second = jobs.run("checkpointing.py", CheckpointConfig=where)["TrainingJobName"]

    assert jobs.printed(first) == {"began_at": 0, "ended_at": 3}
    assert jobs.printed(second) == {"began_at": 3, "ended_at": 6}


def test_lists_filter_and_sort(jobs: Jobs, clients: Clients) -> None:
    stem = unique_name("listed")
    for number, how in enumerate(("exit", "nothing", "nothing")):
        jobs.run(
            "ending.py",
            expect="Failed" if how == "exit" else "Completed",
            name=f"{stem}-{number}",
            hyperparameters={"how": how},
        )

    def listed(**wishes: Any) -> list[str]:
        pages = (
            clients("sagemaker")
            .get_paginator("list_training_jobs")
            .paginate(NameContains=stem, PaginationConfig={"PageSize": 1}, **wishes)
        )
        return [job["TrainingJobName"][-1] for page in pages for job in page["TrainingJobSummaries"]]

    assert listed() == ["0", "1", "2"]
    assert listed(SortOrder="Descending") == ["2", "1", "0"]
    assert listed(SortBy="Name", SortOrder="Ascending") == ["0", "1", "2"]
    assert listed(StatusEquals="Failed") == ["0"]
    middle = jobs.describe(f"{stem}-1")["CreationTime"]
    assert listed(CreationTimeAfter=middle) in (["2"], ["1", "2"])
    assert listed(CreationTimeBefore=middle) in (["0"], ["0", "1"])


def test_a_name_is_used_once_until_its_job_is_deleted(jobs: Jobs, clients: Clients) -> None:
    request = jobs.request("counting.py")
    name = jobs.submit(request)
    with pytest.raises(ClientError) as again:
        jobs.submit(request)
    jobs.wait(name)

    clients("sagemaker").delete_training_job(TrainingJobName=name)
    jobs.submit(request)

    assert again.value.response["Error"]["Code"] == "ResourceInUse"
    assert jobs.wait(name)["TrainingJobStatus"] == "Completed"


def test_a_missing_job_is_told_as_sagemaker_tells_it(clients: Clients) -> None:
    with pytest.raises(ClientError) as missing:
        clients("sagemaker").describe_training_job(TrainingJobName="nobody")

    assert missing.value.response["Error"]["Code"] == "ValidationException"
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"TrainingJobName": "../../etc"}, "trainingJobName"),
        ({"TrainingJobName": "a" * 64}, "trainingJobName"),
        ({"RoleArn": "arn:aws:iam::111122223333:role/../x y"}, "roleArn"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 0, "VolumeSizeInGB": 1}},
            "nstanceCount",
        ),
    ],
)
def test_what_a_job_can_not_be_made_of_is_named(jobs: Jobs, members: dict[str, Any], said: str) -> None:
    with pytest.raises(ClientError, match=said) as refused:
        jobs.submit({**jobs.request("counting.py"), **members})

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_an_image_nobody_knows_is_answered_with_those_there_are(jobs: Jobs) -> None:
    with pytest.raises(ClientError, match="pytorch"):
        jobs.create("counting.py", image="111122223333.dkr.ecr.us-east-1.amazonaws.com/my-own:latest")


def test_an_archive_that_is_not_there_fails_the_job_with_its_address(jobs: Jobs) -> None:
    request = jobs.request("counting.py")
    request["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(
        f"s3://{jobs.bucket}/no/such.tar.gz"
    )

    job = jobs.wait(jobs.submit(request))

    assert job["TrainingJobStatus"] == "Failed"
    assert f"s3://{jobs.bucket}/no/such.tar.gz" in job["FailureReason"]


def test_a_container_entrypoint_is_run_to_the_letter(jobs: Jobs) -> None:
    request = jobs.request("counting.py")
    request["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["/bin/sh", "-c"],
        "ContainerArguments": ['echo "$(hostname) in $(ls -d /opt/ml)"'],
    }

    job = jobs.wait(jobs.submit(request))

    assert job["TrainingJobStatus"] == "Completed"
    assert jobs.log(job["TrainingJobName"]) == ["algo-1 in /opt/ml"]


def test_jobs_over_capacity_wait_their_turn_and_all_end(jobs: Jobs) -> None:
    names = [
        jobs.create(
            "counting.py",
            hyperparameters={"lines": 3, "seconds": 0.5},
            ResourceConfig={"InstanceType": "ml.m5.4xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        )
        for _ in range(6)
    ]

    ended = [jobs.wait(name) for name in names]

    assert [job["TrainingJobStatus"] for job in ended] == ["Completed"] * 6
    begun = [job["TrainingStartTime"] for job in ended]
    assert begun == sorted(begun)


@pytest.mark.parametrize("deleted_at_once", [False, True])
def test_nothing_is_left_of_a_host_when_its_job_has_ended(
    jobs: Jobs, clients: Clients, server: Server, deleted_at_once: bool
) -> None:
    name = jobs.run("counting.py")["TrainingJobName"]
    if deleted_at_once:
        clients("sagemaker").delete_training_job(TrainingJobName=name)

    # Its folder held credentials.
    wait_for(lambda: not list(server.home.glob(f"hosts/{name}-*")), "its folder to be gone")


def test_the_reason_below_torchrun_is_the_scripts_own_error(jobs: Jobs) -> None:
    job = jobs.run(
        "below_torchrun.py",
        image="pytorch-training:2.6-cpu-py312",
        hyperparameters={"sagemaker_torch_distributed_enabled": True},
        expect="Failed",
        timeout_s=900.0,
    )

    assert "LookupError: column price is missing for rank 0\nthere are: area, rooms" in job["FailureReason"]
    assert "ChildFailedError" not in job["FailureReason"]
