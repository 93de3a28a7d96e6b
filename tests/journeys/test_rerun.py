"""``clary rerun`` of a job by its model, when only the record of the job is left."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Clients, Server, wait_for

FIRST_BUILD_S = 900.0


@pytest.fixture(scope="module")
def lost(v2: Client) -> dict[str, Any]:
    """A job of the SDK whose script was deleted on the user's machine."""
    seen: dict[str, Any] = v2.run("trained_and_lost.py", timeout_s=FIRST_BUILD_S, name=unique_name("lost"))
    return seen


@pytest.fixture
def job(jobs: Jobs) -> dict[str, Any]:
    """A short job with an input of two objects."""
    name = unique_name("input")
    jobs.upload(f"{name}/data/a.txt", b"a")
    data = jobs.upload(f"{name}/data/b.txt", b"b").removesuffix("/b.txt")
    return jobs.run("shading.py", inputs={"data": data}, hyperparameters={"shade": "blue", "depth": 2})


def component(sagemaker: Any, job_name: str) -> dict[str, Any]:
    found: dict[str, Any] = sagemaker.describe_trial_component(
        TrialComponentName=f"{job_name}-aws-training-job"
    )
    return found


def test_a_model_is_made_again_from_its_uri_alone(
    server: Server, clients: Clients, lost: dict[str, Any]
) -> None:
    name = unique_name("again")

    said = server.command("rerun", lost["model"], "--name", name)

    sagemaker = clients("sagemaker")
    first, second = (sagemaker.describe_training_job(TrainingJobName=each) for each in (lost["name"], name))
    assert said.stdout.splitlines()[0] == name
    assert "accuracy=" in said.stdout
    assert f"the same accuracy as {lost['name']}" in said.stderr
    (metric,) = second["FinalMetricDataList"]
    assert metric["Value"] == lost["metrics"]["accuracy"]
    assert second["ModelArtifacts"] != first["ModelArtifacts"]
    changed = {"sagemaker_job_name"}
    for member in (
        "AlgorithmSpecification",
        "InputDataConfig",
        "ResourceConfig",
        "ExperimentConfig",
        "RoleArn",
    ):
        assert second[member] == first[member], member
    parameters = [
        {key: value for key, value in each["HyperParameters"].items() if key not in changed}
        for each in (first, second)
    ]
    assert parameters[0] == parameters[1]
    assert json.loads(second["HyperParameters"]["sagemaker_job_name"]) == name


def test_what_ran_again_is_in_the_trial_and_derives_from_the_first(
    server: Server, clients: Clients, lost: dict[str, Any]
) -> None:
    sagemaker = clients("sagemaker")
    name = unique_name("derived")

    server.command("rerun", component(sagemaker, lost["name"])["TrialComponentArn"], "--name", name)

    first, second = component(sagemaker, lost["name"]), component(sagemaker, name)
    (edge,) = sagemaker.list_associations(
        DestinationArn=second["TrialComponentArn"], AssociationType="DerivedFrom"
    )["AssociationSummaries"]
    listed = sagemaker.list_trial_components(TrialName=lost["trial"], MaxResults=100)
    assert edge["SourceArn"] == first["TrialComponentArn"]
    assert second["TrialComponentName"] in {
        each["TrialComponentName"] for each in listed["TrialComponentSummaries"]
    }
    assert second["DisplayName"] == "Training"
    drawn = server.command("trace", name).stdout
    assert f"again, as training job  {lost['name']}" in drawn
    assert "component  Preprocessing" in drawn


def test_another_value_of_a_hyperparameter_gives_another_result(
    server: Server, clients: Clients, lost: dict[str, Any]
) -> None:
    name = unique_name("fewer")

    said = server.command("rerun", lost["name"], "--name", name, "--set", "max-iter=1")

    ended = clients("sagemaker").describe_training_job(TrainingJobName=name)
    assert ended["HyperParameters"]["max-iter"] == "1"
    assert ended["FinalMetricDataList"][0]["Value"] < lost["metrics"]["accuracy"]
    assert "max-iter: 1 instead of 20" in said.stderr
    assert f"accuracy was {lost['metrics']['accuracy']:g}" in said.stderr


def test_a_string_is_set_as_the_sdk_spells_it(server: Server, jobs: Jobs, job: dict[str, Any]) -> None:
    name = unique_name("red")

    server.command("rerun", job["TrainingJobName"], "--name", name, "--set", "shade=red")

    again = jobs.describe(name)
    assert again["HyperParameters"]["shade"] == '"red"'
    assert jobs.download(again["ModelArtifacts"]["S3ModelArtifacts"]) == {"shade.txt": b"redred"}


def test_inputs_that_were_written_since_are_named(server: Server, jobs: Jobs, job: dict[str, Any]) -> None:
    before = server.command("rerun", job["TrainingJobName"], "-d").stderr
    data = job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    key = f"{data.removeprefix(f's3://{jobs.bucket}/')}/b.txt"

    # S3 rounds the time of an object to seconds.
    wait_for(lambda: _written_later(jobs, key, job), "an object that is a second younger", every_s=0.3)
    after = server.command("rerun", job["TrainingJobName"], "-d").stderr

    assert f"data: as it was, {data} (2 objects)" in before
    assert "source: as it was" in before
    assert f"data: CHANGED, 1 of 2 objects written since: b.txt in {data}" in after


def test_a_source_that_is_gone_is_said_before_anything_starts(
    server: Server, clients: Clients, jobs: Jobs, job: dict[str, Any]
) -> None:
    source = json.loads(job["HyperParameters"]["sagemaker_submit_directory"])
    clients("s3").delete_object(Bucket=jobs.bucket, Key=source.removeprefix(f"s3://{jobs.bucket}/"))
    name = unique_name("never")

    refused = server.command("rerun", job["TrainingJobName"], "--name", name, expect=1)

    assert f"nothing lies at {source} any more" in refused.stderr
    found = clients("sagemaker").list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    assert found == []


def test_a_deleted_experiment_holds_no_job_back(server: Server, clients: Clients, jobs: Jobs) -> None:
    sagemaker = clients("sagemaker")
    experiment = unique_name("short-lived")
    sagemaker.create_experiment(ExperimentName=experiment)
    sagemaker.create_trial(ExperimentName=experiment, TrialName=f"{experiment}-trial")
    job = jobs.run(
        "shading.py",
        hyperparameters={"shade": "blue", "depth": 1},
        ExperimentConfig={"ExperimentName": experiment, "TrialName": f"{experiment}-trial"},
    )
    sagemaker.disassociate_trial_component(
        TrialComponentName=f"{job['TrainingJobName']}-aws-training-job", TrialName=f"{experiment}-trial"
    )
    sagemaker.delete_trial(TrialName=f"{experiment}-trial")
    sagemaker.delete_experiment(ExperimentName=experiment)

    name = unique_name("on-its-own")
    said = server.command("rerun", job["TrainingJobName"], "--name", name)

    assert f"TrialName {experiment}-trial was deleted" in said.stderr
    assert jobs.describe(name).get("ExperimentConfig", {}) == {}


def test_checkpoints_of_the_first_job_are_not_gone_on_from(
    server: Server, jobs: Jobs, clients: Clients
) -> None:
    checkpoints = f"s3://{jobs.bucket}/again/{unique_name('checkpoints')}"
    job = jobs.run(
        "shading.py",
        hyperparameters={"shade": "blue", "depth": 1},
        CheckpointConfig={"S3Uri": checkpoints, "LocalPath": "/opt/ml/checkpoints"},
    )
    name = unique_name("from-none")

    server.command("rerun", job["TrainingJobName"], "--name", name)

    assert jobs.describe(name)["CheckpointConfig"] == {
        "S3Uri": f"{checkpoints}-{name}",
        "LocalPath": "/opt/ml/checkpoints",
    }


def test_the_checkpoint_that_a_job_began_from_is_given_back(
    server: Server, jobs: Jobs, clients: Clients
) -> None:
    folder = f"again/{unique_name('resumed')}"
    checkpoints = jobs.upload(f"{folder}/epoch-1", b"1").removesuffix("/epoch-1")
    job = jobs.run(
        "shading.py",
        hyperparameters={"shade": "blue", "depth": 1},
        CheckpointConfig={"S3Uri": checkpoints, "LocalPath": "/opt/ml/checkpoints"},
    )
    began_from = component(clients("sagemaker"), job["TrainingJobName"])["InputArtifacts"]
    jobs.upload(f"{folder}/epoch-2", b"2")  # as the job itself writes it later
    wait_for(lambda: _written_later(jobs, f"{folder}/epoch-2", job), "a second to pass", every_s=0.3)
    name = unique_name("from-one")

    said = server.command("rerun", job["TrainingJobName"], "--name", name)
    jobs.upload(f"{folder}/epoch-1", b"other")
    refused = server.command("rerun", job["TrainingJobName"], expect=1)
    anew = server.command("rerun", job["TrainingJobName"], "-d", "--from-scratch")

    assert began_from["SageMaker.Checkpoint"] == {"Value": checkpoints}
    assert "from the 1 files it began from" in said.stderr
    found = clients("s3").list_objects_v2(Bucket=jobs.bucket, Prefix=f"{folder}-{name}/")["Contents"]
    assert [each["Key"] for each in found] == [f"{folder}-{name}/epoch-1"]
    assert "was overwritten or deleted since" in refused.stderr
    assert "checkpoints: from none" in anew.stderr


def test_trace_marks_what_was_overwritten_and_goes_forward_too(
    server: Server, jobs: Jobs, job: dict[str, Any]
) -> None:
    data = job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    key = f"{data.removeprefix(f's3://{jobs.bucket}/')}/b.txt"
    model = job["ModelArtifacts"]["S3ModelArtifacts"]

    jobs.upload(key, b"b")  # written again with the same content
    same = server.command("trace", model).stdout
    jobs.upload(key, b"bb")
    other = server.command("trace", model).stdout
    forward = server.command("trace", "--forward", f"{data}/b.txt").stdout
    script = server.command("trace", "--forward", "shading.py").stdout

    assert "CHANGED" not in same
    assert f"{data}  (CHANGED" in other
    for told in (forward, script):
        assert f"training job  {job['TrainingJobName']}" in told
        assert model in told


def test_a_model_whose_component_is_gone_is_found_by_its_job(
    server: Server, clients: Clients, job: dict[str, Any]
) -> None:
    clients("sagemaker").delete_trial_component(
        TrialComponentName=f"{job['TrainingJobName']}-aws-training-job"
    )

    said = server.command("rerun", job["ModelArtifacts"]["S3ModelArtifacts"], "-d")

    assert f"as {job['TrainingJobName']}" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["s3://nowhere/model.tar.gz"], "no job is known to have made s3://nowhere/model.tar.gz"),
        (["{job}", "--set", "depth"], "--set depth: write it as NAME=VALUE"),
        (["{job}", "--name", "{job}"], "already exists"),
        (["{data}"], "no job is known to have made {data}; it may be what jobs were given"),
        (["{hand}"], "{hand} tells of no training job"),
    ],
)
def test_what_can_not_be_run_again_is_said_in_a_sentence(
    server: Server, clients: Clients, job: dict[str, Any], arguments: list[str], said: str
) -> None:
    hand = unique_name("hand")
    clients("sagemaker").create_trial_component(TrialComponentName=hand)
    words = {
        "job": job["TrainingJobName"],
        "data": job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"],
        "hand": hand,
    }

    refused = server.command("rerun", *(each.format(**words) for each in arguments), expect=1)

    assert said.format(**words) in refused.stderr
    assert "Traceback" not in refused.stderr


def _written_later(jobs: Jobs, key: str, job: dict[str, Any]) -> bool:
    jobs.upload(key, b"another")
    written = jobs.clients("s3").head_object(Bucket=jobs.bucket, Key=key)["LastModified"]
    return bool(written > job["CreationTime"])
