"""A model whose channel names one file of a processing job's output leads back to the raw data."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.processing_jobs import ProcessingJobs, given
from tests.journeys.server import Clients, Server, wait_for


@pytest.fixture(scope="module", params=["file", "prefix"])
def story(request: pytest.FixtureRequest, jobs: Jobs, clients: Clients) -> dict[str, Any]:
    """raw -> processing job -> folder -> train.csv or the folder itself -> training job -> model."""
    raw = jobs.upload(f"{unique_name('raw')}/numbers.csv", b"1\n2\n3\n4\n").removesuffix("/numbers.csv")
    processing = ProcessingJobs(jobs)
    processed = processing.run("halving.py", "--every", "2", inputs=(given("raw", raw),))
    folder = processing.results(processed["ProcessingJobName"])
    channel = f"{folder}/train.csv" if request.param == "file" else f"{folder}/"
    trained = jobs.run("shading.py", inputs={"train": channel}, hyperparameters={"depth": 2, "shade": "x"})
    model = trained["ModelArtifacts"]["S3ModelArtifacts"]
    sagemaker = clients("sagemaker")
    for uri in (model, folder):
        wait_for(functools.partial(artifacts, sagemaker, uri), f"{uri} to be tracked")
    return {
        "raw": raw,
        "code": processed["ProcessingInputs"][0]["S3Input"]["S3Uri"],
        "folder": folder,
        "channel": channel,
        "model": model,
        "processing": processed["ProcessingJobName"],
        "training": trained["TrainingJobName"],
        "inside": request.param == "file",
    }


def artifacts(sagemaker: Any, uri: str) -> list[str]:
    found = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
    return [artifact["ArtifactArn"] for artifact in found]


def test_the_tree_shows_the_preprocessing_its_script_parameters_and_data(
    server: Server, story: dict[str, Any]
) -> None:
    drawn = server.command("trace", story["model"]).stdout

    out_of = [f"out of data  out  {story['folder']}"] if story["inside"] else []
    order = [
        drawn.index(words)
        for words in (
            f"model  {story['model']}",
            f"training job  {story['training']}",
            *out_of,
            f"processing job  {story['processing']}",
            "parameters  every=2",
            f"source  {story['code']}",
            f"data  raw  {story['raw']}",
        )
    ]
    assert order == sorted(order)
    assert "halving.py" in story["code"]
    assert "again, as" not in drawn


def test_the_tree_in_json_has_one_way_down_to_the_raw_data(server: Server, story: dict[str, Any]) -> None:
    tree = json.loads(server.command("trace", story["model"], "--json").stdout)

    way = way_to(tree, story["raw"])
    between = ["data", "data"] if story["inside"] else ["data"]
    assert [each["kind"] for each in way] == ["model", "training job", *between, "processing job", "data"]
    assert way[-2]["parameters"] == {"every": 2.0}


def test_the_query_reaches_the_raw_data_and_the_script(clients: Clients, story: dict[str, Any]) -> None:
    sagemaker = clients("sagemaker")

    answer = sagemaker.query_lineage(
        StartArns=artifacts(sagemaker, story["model"]), Direction="Ascendants", IncludeEdges=True
    )

    reached = {vertex["Arn"] for vertex in answer["Vertices"]}
    assert {*artifacts(sagemaker, story["raw"]), *artifacts(sagemaker, story["code"])} <= reached
    kinds = [edge["AssociationType"] for edge in answer["Edges"]]
    assert kinds.count("DerivedFrom") == (1 if story["inside"] else 0)


def way_to(tree: dict[str, Any], uri: str) -> list[dict[str, Any]]:
    """Returns the vertices from the root to the one at a location; empty without one."""
    if tree["uri"].rstrip("/") == uri.rstrip("/"):
        return [tree]
    for each in tree["made_from"]:
        way = way_to(each, uri)
        if way:
            return [tree, *way]
    return []
