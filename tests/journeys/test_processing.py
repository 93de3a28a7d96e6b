"""Processing jobs: with the SDK on real data, with boto3, stopped, timed out, and with a killed server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.journeys.clients import Client
from tests.journeys.conftest import execution_role
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.processing_jobs import ProcessingJobs, given
from tests.journeys.server import Clients, Server, wait_for


@pytest.fixture(scope="module")
def processing(jobs: Jobs) -> ProcessingJobs:
    return ProcessingJobs(jobs)


@pytest.fixture(scope="module")
def preprocessed(v2: Client) -> dict[str, Any]:
    """What the SDK saw of a SKLearnProcessor and of an estimator on its output."""
    seen: dict[str, Any] = v2.run("processing_digits.py", timeout_s=900.0)
    return seen


@pytest.fixture(scope="module")
def outcomes(v2: Client) -> dict[str, Any]:
    seen: dict[str, Any] = v2.run("processing_outcomes.py", timeout_s=900.0)
    return seen


def test_the_sdk_preprocesses_real_digits_and_trains_on_them(preprocessed: dict[str, Any]) -> None:
    processing, training = preprocessed["processing"], preprocessed["training"]

    assert processing["status"] == "Completed"
    assert processing["message"] == f"4000 digits from {processing['name']}"
    assert processing["resources"]["ClusterConfig"]["InstanceType"] == "ml.m5.large"
    assert "split into 4000 and 1000" in preprocessed["heard"]
    assert training["status"] == "Completed"
    assert training["metrics"]["accuracy"] > 0.8


def test_both_jobs_are_components_of_one_trial(preprocessed: dict[str, Any], clients: Clients) -> None:
    sagemaker = clients("sagemaker")
    names = {
        f"{preprocessed['processing']['name']}-aws-processing-job",
        f"{preprocessed['training']['name']}-aws-training-job",
    }

    def joined() -> bool:
        listed = sagemaker.list_trial_components(TrialName=preprocessed["trial"])
        return {one["TrialComponentName"] for one in listed["TrialComponentSummaries"]} == names

    wait_for(joined, "both components to be in the trial")
    name = f"{preprocessed['processing']['name']}-aws-processing-job"
    found = wait_for(lambda: completed(clients, name), "the component to be completed")
    assert found["DisplayName"] == "Preprocessing"
    assert found["Parameters"]["test-share"] == {"NumberValue": 0.2}
    assert found["InputArtifacts"]["raw"] == {"Value": preprocessed["raw"]}
    assert found["OutputArtifacts"]["train"] == {"Value": preprocessed["train"]}
    assert found["Source"]["SourceType"] == "SageMakerProcessingJob"


def test_the_model_leads_back_to_the_preprocessing_and_its_data(
    preprocessed: dict[str, Any], clients: Clients
) -> None:
    sagemaker = clients("sagemaker")
    for job in ("processing", "training"):
        name = preprocessed[job]["name"]
        wait_for(lambda name=name, job=job: completed(clients, f"{name}-aws-{job}-job"), f"{name} tracked")
    model = wait_for(
        lambda: sagemaker.list_artifacts(SourceUri=preprocessed["training"]["model"])["ArtifactSummaries"],
        "the model's artifact",
    )[0]

    vertices = sagemaker.query_lineage(StartArns=[model["ArtifactArn"]], Direction="Ascendants")["Vertices"]

    assert {"TrainingJob", "ProcessingJob", "DataSet", "Image", "Code"} <= {v["Type"] for v in vertices}
    sources = {
        sagemaker.describe_artifact(ArtifactArn=vertex["Arn"])["Source"]["SourceUri"]
        for vertex in vertices
        if vertex["LineageType"] == "Artifact"
    }
    assert {preprocessed["raw"], preprocessed["train"]} <= sources


def test_the_sdk_raises_with_the_scripts_own_error(outcomes: dict[str, Any]) -> None:
    assert "KeyError: 'price'" in outcomes["told"]
    assert outcomes["reason"].startswith("AlgorithmError: See job logs for more information, exit code: 1")
    assert outcomes["message"] == "the columns are not those of last week"
    assert "about to fail" in outcomes["heard"]


def test_a_framework_processor_finds_its_source_and_requirements(outcomes: dict[str, Any]) -> None:
    assert outcomes["framework"] == "Completed"
    assert outcomes["report"] == "from the wheel beside it --month 11"


def test_two_instances_share_the_objects_and_find_each_other(processing: ProcessingJobs, jobs: Jobs) -> None:
    stem = unique_name("sharded")
    for number in range(5):
        jobs.upload(f"{stem}/{number}.csv", b"1\n")
    shard = given("input/data", f"s3://{jobs.bucket}/{stem}/", S3DataDistributionType="ShardedByS3Key")

    job = processing.run(
        "looking.py",
        instances=2,
        inputs=({**shard, "InputName": "data"},),
        Environment={"MY_WISH": "granted"},
    )

    name = job["ProcessingJobName"]
    first, second = processing.printed(name)
    assert (first["inputs"], second["inputs"]) == (["0.csv", "2.csv", "4.csv"], ["1.csv", "3.csv"])
    assert (first["host"], second["host_name"], first["wish"]) == ("algo-1", "algo-2", "granted")
    assert first["peer"].startswith("127.")
    assert {json.loads(file)["host"] for file in processing.files(name).values()} == {"algo-1", "algo-2"}
    created_ms = round(job["CreationTime"].timestamp() * 1000)
    assert processing.streams(name) == [f"{name}/algo-{rank}-{created_ms}" for rank in (1, 2)]
    assert job["CreationTime"] <= job["ProcessingStartTime"] <= job["ProcessingEndTime"]


def test_a_stopped_job_ends_in_its_own_time_and_keeps_its_output(
    processing: ProcessingJobs, clients: Clients
) -> None:
    name = processing.create("counting.py", "--lines", "1000", "--seconds", "500")
    wait_for(lambda: processing.log(name), "the script to have begun")

    clients("sagemaker").stop_processing_job(ProcessingJobName=name)
    job = processing.wait(name)

    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Stopped", "asked to end")
    assert processing.files(name) == {"half.txt": b"half a result"}
    with pytest.raises(ClientError, match="is in status Stopped"):
        clients("sagemaker").stop_processing_job(ProcessingJobName=name)


def test_a_job_over_its_time_is_stopped_and_says_so(processing: ProcessingJobs) -> None:
    job = processing.run("counting.py", "--seconds", "60", expect="Stopped", max_run_s=1)

    assert "MaxRuntimeInSeconds (1)" in job["FailureReason"]


def test_a_job_whose_input_is_missing_fails_and_names_it(processing: ProcessingJobs, jobs: Jobs) -> None:
    nothing = given("nothing", f"s3://{jobs.bucket}/{unique_name('nothing')}")

    job = processing.run("counting.py", expect="Failed", inputs=(nothing,))

    assert job["FailureReason"].startswith("ClientError")
    assert "(input nothing)" in job["FailureReason"]


def test_names_are_used_once_and_free_again_after_a_delete(
    processing: ProcessingJobs, clients: Clients
) -> None:
    sagemaker = clients("sagemaker")
    name = processing.run("counting.py", Tags=[{"Key": "team", "Value": "vision"}])["ProcessingJobName"]
    with pytest.raises(ClientError, match="already exists") as refused:
        processing.create("counting.py", name=name)

    sagemaker.delete_processing_job(ProcessingJobName=name)

    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    with pytest.raises(ClientError, match="Could not find requested job"):
        processing.describe(name)
    assert processing.run("counting.py", name=name)["ProcessingJobStatus"] == "Completed"


def test_the_waiter_of_boto3_and_lists_know_the_job(processing: ProcessingJobs, clients: Clients) -> None:
    sagemaker = clients("sagemaker")
    name = processing.create("counting.py")

    sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    [found] = sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert found["ProcessingJobStatus"] == "Completed"
    assert "ProcessingEndTime" in found


def test_the_command_lists_jobs_of_both_kinds_and_prints_their_logs(
    server: Server, processing: ProcessingJobs, jobs: Jobs
) -> None:
    name = unique_name("both")
    processing.run("counting.py", name=name)
    jobs.run("counting.py", name=name, hyperparameters={"lines": 1})

    listed = json.loads(server.command("jobs", "--contains", name, "--json").stdout)
    of_training = server.command("logs", name).stdout
    of_processing = server.command("logs", name, "--processing").stdout

    assert [(job["Name"], job["Kind"]) for job in listed] == [(name, "training"), (name, "processing")]
    assert of_training == "line 0 loss=1.0000\n"
    assert of_processing == "line 0\nline 1\nline 2\n"


@pytest.mark.kill
def test_jobs_of_both_kinds_and_one_name_go_on_though_the_server_is_killed(own: Server) -> None:
    clients = own.session(root=True)
    clients("s3").create_bucket(Bucket="killed")
    jobs = Jobs(clients, "killed", execution_role(own))
    processing = ProcessingJobs(jobs)
    name = unique_name("killed")
    jobs.create("counting.py", name=name, hyperparameters={"lines": 40, "seconds": 3})
    processing.create("counting.py", "--lines", "40", "--seconds", "3", name=name)
    wait_for(lambda: processing.log(name) and jobs.log(name), "both scripts to have begun")

    for _ in range(3):
        own.kill()
        own.start()
    processed, trained = processing.wait(name), jobs.wait(name)

    assert processed["ProcessingJobStatus"] == "Completed", processed.get("FailureReason")
    assert trained["TrainingJobStatus"] == "Completed", trained.get("FailureReason")
    assert processing.log(name) == [f"line {number}" for number in range(40)]
    assert processing.files(name) == {"done.txt": b"done"}
    assert len(jobs.log(name)) == 40
    wait_for(lambda: not list(own.home.glob("hosts/*")), "what the hosts left behind to be cleared away")


def completed(clients: Clients, component: str) -> dict[str, Any] | None:
    sagemaker = clients("sagemaker")
    try:
        found: dict[str, Any] = sagemaker.describe_trial_component(TrialComponentName=component)
    except ClientError:
        return None
    return found if found["Status"]["PrimaryStatus"] == "Completed" else None
