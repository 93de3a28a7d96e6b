"""Jobs are tracked without any call, as boto3 and the command line show."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Clients, Server, wait_for


@pytest.fixture(scope="module")
def experiment(clients: Clients, jobs: Jobs) -> dict[str, Any]:
    """Three jobs: two in one trial, one of the experiment alone; the last of them reads the first's model."""
    sagemaker = clients("sagemaker")
    name = unique_name("tracked")
    sagemaker.create_experiment(ExperimentName=name, Description="What shades teach")
    sagemaker.create_trial(TrialName=f"{name}-trial", ExperimentName=name)
    made: dict[str, Any] = {"name": name, "trial": f"{name}-trial", "jobs": []}
    inputs: dict[str, Any] = {"numbers": jobs.upload(f"{name}/numbers/one.txt", b"1\n")}
    for number, config in enumerate(
        [{"ExperimentName": name, "TrialName": f"{name}-trial"}] * 2 + [{"ExperimentName": name}]
    ):
        if number == 2:
            inputs = {"model": made["jobs"][0]["ModelArtifacts"]["S3ModelArtifacts"]}
        job = jobs.run(
            "shading.py",
            inputs=inputs,
            hyperparameters={"depth": 3, "shade": f"blue-{number}"},
            ExperimentConfig=config,
        )
        made["jobs"].append(job)
    return made


def component_name(job: dict[str, Any]) -> str:
    return f"{job['TrainingJobName']}-aws-training-job"


def test_every_job_has_a_component_in_its_trial(clients: Clients, experiment: dict[str, Any]) -> None:
    sagemaker = clients("sagemaker")

    def listed(**wish: str) -> set[str]:
        found = sagemaker.list_trial_components(**wish)["TrialComponentSummaries"]
        return {component["TrialComponentName"] for component in found}

    names = [component_name(job) for job in experiment["jobs"]]
    assert listed(TrialName=experiment["trial"]) == set(names[:2])
    assert listed(TrialName=f"Default-Trial-{experiment['name']}") == {names[2]}
    assert listed(ExperimentName=experiment["name"]) == set(names)
    assert listed(SourceArn=experiment["jobs"][1]["TrainingJobArn"]) == {names[1]}


def test_a_component_ends_as_its_job_does(clients: Clients, experiment: dict[str, Any]) -> None:
    job = experiment["jobs"][0]
    sagemaker = clients("sagemaker")

    def ended() -> Any:
        found = sagemaker.describe_trial_component(TrialComponentName=component_name(job))
        return found if found["Status"]["PrimaryStatus"] == "Completed" else None

    found = wait_for(ended, "the component to be completed")
    assert found["EndTime"] == job["TrainingEndTime"]
    assert (
        found["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"]
        == (job["ModelArtifacts"]["S3ModelArtifacts"])
    )
    assert found["Parameters"]["shade"] == {"StringValue": '"blue-0"'}
    assert found["Parameters"]["depth"] == {"NumberValue": 3.0}


def test_a_model_made_from_a_model_leads_back_to_the_first_data(
    clients: Clients, experiment: dict[str, Any]
) -> None:
    sagemaker = clients("sagemaker")
    model = experiment["jobs"][2]["ModelArtifacts"]["S3ModelArtifacts"]
    found = wait_for(
        lambda: sagemaker.list_artifacts(SourceUri=model)["ArtifactSummaries"], "the model's artifact"
    )

    vertices = sagemaker.query_lineage(StartArns=[found[0]["ArtifactArn"]], Direction="Ascendants")[
        "Vertices"
    ]

    sources = {
        sagemaker.describe_artifact(ArtifactArn=vertex["Arn"])["Source"]["SourceUri"]
        for vertex in vertices
        if vertex["Type"] == "DataSet"
    }
    assert sum(vertex["Type"] == "TrainingJob" for vertex in vertices) == 2
    assert any(source.endswith("/numbers/one.txt") for source in sources)


@pytest.mark.parametrize("config", [{"ExperimentName": "nothing"}, {"TrialName": "nothing"}])
def test_a_job_of_an_experiment_that_is_not_there_is_refused(jobs: Jobs, config: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="'nothing' does not exist") as refused:
        jobs.create("shading.py", ExperimentConfig=config)

    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_the_command_shows_compares_and_exports(
    server: Server, experiment: dict[str, Any], tmp_path: Path
) -> None:
    name, jobs = experiment["name"], [component_name(job) for job in experiment["jobs"]]

    listed = server.command("experiments", "list").stdout
    shown = server.command("experiments", "show", name).stdout
    compared = server.command("experiments", "compare", name, "--parameter", "shade").stdout
    server.command("experiments", "export", name, "--to", tmp_path / "all.csv")

    assert name in listed
    assert "What shades teach" in shown
    for job, component in zip(experiment["jobs"], jobs, strict=True):
        assert component in shown
        assert job["TrainingJobName"] in compared
    assert '"blue-1"' in compared
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["TrialComponentName"] for row in rows] == jobs
    assert [row["shade"] for row in rows] == ['"blue-0"', '"blue-1"', '"blue-2"']


def test_the_command_says_what_is_wrong(server: Server, experiment: dict[str, Any], tmp_path: Path) -> None:
    missing = server.command("experiments", "compare", "nothing", expect=1)
    suffix = server.command("experiments", "export", experiment["name"], "--to", tmp_path / "x", expect=1)

    assert "Experiment 'nothing' does not exist" in missing.stderr
    assert "end in .csv or .parquet" in suffix.stderr
