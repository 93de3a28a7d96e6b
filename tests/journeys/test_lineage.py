"""Lineage backwards from a model and forwards from data, with boto3, the SDK and the command."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Clients, Server, wait_for


@pytest.fixture(scope="module")
def story(clients: Clients, jobs: Jobs) -> dict[str, Any]:
    """raw -> preprocessing (logged by hand) -> clean -> first job -> model -> second job -> last model."""
    sagemaker = clients("sagemaker")
    name = unique_name("story")
    raw = jobs.upload(f"{name}/raw/numbers.txt", b"1 2 x\n")
    clean = jobs.upload(f"{name}/clean/numbers.txt", b"1 2\n").removesuffix("/numbers.txt")
    sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_trial(TrialName=f"{name}-trial", ExperimentName=name)
    sagemaker.create_trial_component(
        TrialComponentName=f"{name}-preprocessing",
        DisplayName="Preprocessing",
        Parameters={"drop": {"StringValue": "x"}, "share": {"NumberValue": 0.5}},
        InputArtifacts={"raw": {"Value": raw}},
        OutputArtifacts={"clean": {"Value": clean}},
    )
    sagemaker.create_trial_component(
        TrialComponentName=f"{name}-notes", Parameters={"seed": {"NumberValue": 7}}
    )
    for component in ("preprocessing", "notes"):
        sagemaker.associate_trial_component(
            TrialComponentName=f"{name}-{component}", TrialName=f"{name}-trial"
        )
    told: dict[str, Any] = {"name": name, "raw": raw, "clean": clean, "jobs": []}
    inputs = {"numbers": clean}
    for shade in ("dark", "light"):
        job = jobs.run(
            "shading.py",
            inputs=inputs,
            hyperparameters={"depth": 2, "shade": shade},
            ExperimentConfig={"TrialName": f"{name}-trial"},
        )
        told["jobs"].append(job)
        inputs = {"model": job["ModelArtifacts"]["S3ModelArtifacts"]}
    told["first"], told["last"] = (job["ModelArtifacts"]["S3ModelArtifacts"] for job in told["jobs"])
    for model in (told["first"], told["last"]):
        wait_for(functools.partial(artifacts, sagemaker, model), "the model to be tracked")
    told["codes"] = [json.loads(job["HyperParameters"]["sagemaker_submit_directory"]) for job in told["jobs"]]
    return told


@pytest.fixture(scope="module")
def classes(v2: Client, story: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = v2.run(
        "lineage_classes.py",
        model=story["first"],
        raw=story["raw"],
        clean=story["clean"],
        image=story["jobs"][0]["AlgorithmSpecification"]["TrainingImage"],
        job=story["jobs"][0]["TrainingJobName"],
    )
    return seen


def artifacts(sagemaker: Any, uri: str) -> list[str]:
    found = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
    return [artifact["ArtifactArn"] for artifact in found]


def reached(sagemaker: Any, uri: str, direction: str, **wish: Any) -> set[str]:
    """Returns the locations and component names that a query from the artifact at ``uri`` finds."""
    found = set()
    token: dict[str, str] = {}
    while True:
        page = sagemaker.query_lineage(
            StartArns=artifacts(sagemaker, uri), Direction=direction, **wish, **token
        )
        for vertex in page["Vertices"]:
            if vertex["LineageType"] == "Artifact":
                found.add(sagemaker.describe_artifact(ArtifactArn=vertex["Arn"])["Source"]["SourceUri"])
            else:
                found.add(vertex["Arn"].rpartition("/")[2])
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def components(story: dict[str, Any]) -> set[str]:
    names = {f"{job['TrainingJobName']}-aws-training-job" for job in story["jobs"]}
    return {*names, f"{story['name']}-preprocessing"}


def test_the_last_model_leads_back_to_everything(clients: Clients, story: dict[str, Any]) -> None:
    found = reached(clients("sagemaker"), story["last"], "Ascendants")

    image = story["jobs"][0]["AlgorithmSpecification"]["TrainingImage"]
    places = {story["last"], story["first"], story["clean"], story["raw"], image, *story["codes"]}
    assert found == places | components(story)


def test_the_first_data_leads_to_both_models_and_to_no_source(
    clients: Clients, story: dict[str, Any]
) -> None:
    found = reached(clients("sagemaker"), story["raw"], "Descendants")

    places = {story["raw"], story["clean"], story["first"], story["last"]}
    assert found == places | components(story)


@pytest.mark.parametrize(
    ("depth", "last_seen"),
    [(1, set()), (2, {"first"}), (4, {"first", "clean"}), (6, {"first", "clean", "raw"})],
)
def test_depth_counts_edges(clients: Clients, story: dict[str, Any], depth: int, last_seen: set[str]) -> None:
    found = reached(clients("sagemaker"), story["last"], "Ascendants", MaxDepth=depth)

    assert {name for name in ("first", "clean", "raw") if story[name] in found} == last_seen


def test_filters_show_some_and_pages_show_all(clients: Clients, story: dict[str, Any]) -> None:
    sagemaker = clients("sagemaker")

    data = reached(sagemaker, story["last"], "Ascendants", Filters={"Types": ["DataSet"]})
    by_page = reached(sagemaker, story["last"], "Ascendants", MaxResults=2)
    hand_made = reached(
        sagemaker,
        story["last"],
        "Both",
        Filters={"LineageTypes": ["TrialComponent"], "Types": ["TrialComponent"]},
    )

    assert data == {story["clean"], story["raw"]}
    assert by_page == reached(sagemaker, story["last"], "Ascendants")
    assert hand_made == {f"{story['name']}-preprocessing"}


def test_the_components_on_the_way_have_the_parameters(clients: Clients, story: dict[str, Any]) -> None:
    sagemaker = clients("sagemaker")
    found = reached(sagemaker, story["last"], "Ascendants", Filters={"LineageTypes": ["TrialComponent"]})

    told = {name: sagemaker.describe_trial_component(TrialComponentName=name)["Parameters"] for name in found}

    assert told[f"{story['name']}-preprocessing"]["share"] == {"NumberValue": 0.5}
    shades = {one["shade"]["StringValue"] for one in told.values() if "shade" in one}
    assert shades == {'"dark"', '"light"'}


def test_the_sdks_classes_walk_up(classes: dict[str, Any], story: dict[str, Any]) -> None:
    job = story["jobs"][0]["TrainingJobArn"]

    assert classes["datasets"] == sorted([story["clean"], story["raw"]])
    assert classes["jobs"] == [job]
    assert classes["trials"] == [f"{story['name']}-trial"]
    assert classes["source_of_job"] == job
    assert classes["inputs_of_job"] == sorted([story["clean"], story["raw"]])
    assert classes["near"] == {
        "vertices": ["Artifact Model", "TrialComponent TrainingJob"],
        "edges": 1,
    }
    assert classes["whole"]["vertices"] == sorted(
        [
            "Artifact Code",
            "Artifact DataSet",
            "Artifact DataSet",
            "Artifact Image",
            "Artifact Model",
            "TrialComponent TrainingJob",
            "TrialComponent TrialComponent",
        ]
    )
    assert classes["whole"]["edges"] == 6
    assert classes["later"]["vertices"] == []


def test_the_sdks_classes_walk_down(classes: dict[str, Any], story: dict[str, Any]) -> None:
    assert story["clean"] in classes["further"]
    assert classes["models_of_job"] == sorted([story["first"], story["last"]])
    assert classes["models"]["vertices"] == ["Artifact Model", "Artifact Model"]
    assert classes["downwards"]["vertices"].count("TrialComponent TrainingJob") == 2


def test_the_sdks_table_of_a_job_has_its_inputs_and_outputs(
    classes: dict[str, Any], story: dict[str, Any]
) -> None:
    told = {(row["Direction"], row["Type"], row["Association Type"]) for row in classes["table"]}

    assert told == {
        ("Input", "DataSet", "ContributedTo"),
        ("Input", "Image", "ContributedTo"),
        ("Input", "Code", "ContributedTo"),
        ("Output", "Model", "Produced"),
    }


def test_what_a_caller_adds_is_walked_too_and_goes_when_it_is_deleted(
    classes: dict[str, Any], story: dict[str, Any]
) -> None:
    job = story["jobs"][0]

    assert (
        classes["endpoints"] == classes["of_the_model"] == classes["of_the_data"] == [job["TrainingJobName"]]
    )
    assert classes["from_the_end"] == {
        "datasets": sorted([story["clean"], story["raw"]]),
        "jobs": [job["TrainingJobArn"]],
        "actions": [job["TrainingJobName"]],
        "components": 2,
    }
    assert classes["by_stage"]["vertices"] == ["Action ModelDeployment"]
    assert not any("Endpoint" in vertex for vertex in classes["left"]["vertices"])


def test_the_command_draws_the_way_back(server: Server, story: dict[str, Any]) -> None:
    drawn = server.command("trace", story["last"]).stdout

    order = [
        drawn.index(words)
        for words in (
            f"model  {story['last']}",
            f"training job  {story['jobs'][1]['TrainingJobName']}",
            f"source  shading.py  {story['codes'][1]}",
            f"model  {story['first']}",
            f"training job  {story['jobs'][0]['TrainingJobName']}",
            f"data  {story['clean']}",
            "component  Preprocessing",
            "drop=x, share=0.5",
            f"data  raw  {story['raw']}",
        )
    ]
    assert order == sorted(order)
    # It has no artifact, but is in the trial of the jobs.
    assert f"in trial {story['name']}-trial: component  {story['name']}-notes" in drawn


def test_the_command_answers_a_tree_in_json(server: Server, story: dict[str, Any]) -> None:
    job = story["jobs"][0]["TrainingJobName"]

    for name in (job, f"{job}-aws-training-job", story["jobs"][0]["TrainingJobArn"]):
        tree = json.loads(server.command("trace", name, "--json").stdout)
        assert (tree["kind"], tree["name"]) == ("training job", job)
        assert tree["parameters"] == {"depth": 2.0, "shade": '"dark"'}
        assert {each["kind"] for each in tree["made_from"]} == {"source", "image", "data", "component"}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("nobody", "nobody is no job, trial component or model"),
        ("s3://nowhere/model.tar.gz", "no artifact of the lineage lies at s3://nowhere/model.tar.gz"),
        ("arn:aws:sagemaker:us-east-1:1:endpoint/x", "endpoint/x is no job"),
        ("arn:aws:sagemaker:us-east-1:1:artifact/" + "0" * 32, "artifact/" + "0" * 32),
    ],
)
def test_what_is_not_known_is_said_in_a_sentence(server: Server, what: str, said: str) -> None:
    refused = server.command("trace", what, expect=1)

    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
