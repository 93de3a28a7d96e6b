"""The lineage of a page: bounded, named, and only as far as the caller may look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clary.domain.errors import BadRequest, Denied, NotFound
from clary.kinds.serving_lineage import follow_endpoint, follow_model
from clary.services.context import Context
from clary.services.sagemaker.experiments.trial_component import create_trial_component
from clary.services.sagemaker.lineage.artifact import create_artifact
from clary.services.sagemaker.lineage.association import add_association
from clary.services.studio.lineage import get_lineage
from clary.store.links import LinkKind

JOB = "arn:aws:sagemaker:us-east-1:123456789012:training-job/train"
RAW, CLEAN, MODEL = "s3://bucket/raw", "s3://bucket/clean/", "s3://bucket/model.tar.gz"


@pytest.fixture(autouse=True)
def story(ctx: Context) -> None:
    """raw -> prepare -> clean -> train -> model; train is a job's."""
    create_trial_component(
        ctx,
        {
            "TrialComponentName": "prepare",
            "DisplayName": "Preparation",
            "Status": {"PrimaryStatus": "Completed"},
            "InputArtifacts": {"raw": {"Value": RAW}},
            "OutputArtifacts": {"clean": {"Value": CLEAN}},
        },
    )
    create_trial_component(
        ctx,
        {
            "TrialComponentName": "train",
            "InputArtifacts": {"training": {"Value": CLEAN}},
            "OutputArtifacts": {"SageMaker.ModelArtifact": {"Value": MODEL}},
        },
    )
    source = {"Source": {"SourceArn": JOB, "SourceType": "SageMakerTrainingJob"}}
    ctx.records.update("experiment-trial-component", "train", source)
    ctx.links.add(LinkKind.ORIGIN, JOB, "train")


def named(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {vertex["Name"]: vertex for vertex in answer["Vertices"]}


def edges(answer: dict[str, Any]) -> set[tuple[str, str, str]]:
    names = {vertex["Arn"]: vertex["Name"] for vertex in answer["Vertices"]}
    return {
        (names[edge["SourceArn"]], edge["AssociationType"], names[edge["DestinationArn"]])
        for edge in answer["Edges"]
    }


def test_a_job_leads_back_to_its_data_and_forward_to_its_model(ctx: Context) -> None:
    found = get_lineage(ctx, {"Starts": [JOB], "Depth": 10})

    assert edges(found) == {
        ("raw", "ContributedTo", "prepare"),
        ("prepare", "Produced", "clean"),
        ("clean", "ContributedTo", "train"),
        ("train", "Produced", "model.tar.gz"),
    }
    vertices = named(found)
    assert (vertices["train"]["Job"], vertices["train"]["Type"]) == (JOB, "TrainingJob")
    assert vertices["model.tar.gz"]["Uri"] == MODEL
    assert (vertices["prepare"]["DisplayName"], vertices["prepare"]["Status"]) == ("Preparation", "Completed")
    assert found["Starts"] == [vertices["train"]["Arn"]]
    assert not found["IsCut"]


@pytest.mark.parametrize(
    ("start", "expected"), [(MODEL, "model.tar.gz"), ("s3://bucket/clean/part/3.csv", "clean")]
)
def test_a_location_leads_to_the_artifact_at_it_or_around_it(ctx: Context, start: str, expected: str) -> None:
    found = get_lineage(ctx, {"Starts": [start], "Depth": 1, "Direction": "Ascendants"})

    assert named(found)[expected]["Arn"] == found["Starts"][0]


def test_an_artifact_that_a_caller_made_is_found_by_its_location(ctx: Context) -> None:
    types = [{"SourceIdType": "S3ETag", "Value": "1"}]
    arn = create_artifact(
        ctx, {"ArtifactType": "Table", "Source": {"SourceUri": "s3://bucket/t.json", "SourceTypes": types}}
    )["ArtifactArn"]

    assert get_lineage(ctx, {"Starts": ["s3://bucket/t.json"]})["Starts"] == [arn]


def test_what_is_not_shown_is_counted(ctx: Context) -> None:
    image = create_artifact(ctx, {"ArtifactType": "Image", "Source": {"SourceUri": "image"}})["ArtifactArn"]
    for number in range(7):
        arn = create_trial_component(ctx, {"TrialComponentName": f"job-{number}"})["TrialComponentArn"]
        add_association(ctx, {"SourceArn": image, "DestinationArn": arn})

    few = get_lineage(ctx, {"Starts": [image], "Depth": 1, "EachSide": 3})
    more = get_lineage(ctx, {"Starts": [image], "Depth": 1, "EachSide": 9, "Skip": 3})
    cut = get_lineage(ctx, {"Starts": [image], "Depth": 1, "Most": 3})

    assert len(few["Vertices"]) == 4
    assert {vertex["Arn"]: vertex["After"] for vertex in few["Vertices"]}[image] == 7
    assert len(more["Vertices"]) == 5
    assert {vertex["Arn"] for vertex in (*few["Vertices"], *more["Vertices"])} >= {image}
    assert len({vertex["Arn"] for vertex in (*few["Vertices"], *more["Vertices"])}) == 8
    assert (len(cut["Vertices"]), cut["IsCut"]) == (3, True)


def test_a_cycle_is_walked_once(ctx: Context) -> None:
    arns = [create_trial_component(ctx, {"TrialComponentName": name})["TrialComponentArn"] for name in "ab"]
    for source, target in (arns, arns[::-1]):
        add_association(ctx, {"SourceArn": source, "DestinationArn": target})

    found = get_lineage(ctx, {"Starts": arns[:1], "Depth": 10})

    assert (len(found["Vertices"]), len(found["Edges"])) == (2, 2)


def test_details_are_shown_only_to_whom_may_describe_the_vertex(ctx: Context) -> None:
    blind = replace(ctx, may=lambda action, resource: action == "sagemaker:QueryLineage")

    (vertex,) = get_lineage(blind, {"Starts": [MODEL], "Depth": 1, "Most": 1})["Vertices"]

    assert vertex.keys() == {"Arn", "LineageType", "Type", "Before", "After"}


def test_a_caller_without_the_right_is_refused(ctx: Context) -> None:
    stranger = replace(ctx, may=lambda action, resource: False)

    with pytest.raises(Denied, match=r"sagemaker:QueryLineage on resource: .*artifact/"):
        get_lineage(stranger, {"Starts": [MODEL]})


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        ({}, BadRequest, "Starts"),
        ({"Starts": ["train"]}, BadRequest, "Starts"),
        ({"Starts": ["arn:aws:s3:::bucket"]}, BadRequest, "Starts"),
        ({"Starts": [JOB], "Direction": "Up"}, BadRequest, "Ascendants, Descendants, Both"),
        ({"Starts": [JOB], "Depth": 11}, BadRequest, "Depth"),
        ({"Starts": [JOB], "Most": 401}, BadRequest, "Most"),
        ({"Starts": ["s3://elsewhere/x"]}, NotFound, "s3://elsewhere/x"),
        ({"Starts": ["s3://"]}, NotFound, "s3://"),
        ({"Starts": [f"{JOB}-2"]}, NotFound, "trial component"),
        ({"Starts": [JOB.replace("training-job/train", "artifact/0")]}, NotFound, "artifact/0"),
    ],
)
def test_what_can_not_be_answered_is_refused_with_its_reason(
    ctx: Context, request_: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        get_lineage(ctx, request_)


def test_an_endpoint_and_a_model_are_where_the_lineage_begins_too(ctx: Context) -> None:
    here = "arn:aws:sagemaker:us-east-1:123456789012"
    container = {"Image": "pytorch-inference:2.6", "ModelDataUrl": MODEL}
    follow_model(ctx, f"{here}:model/digits", [container])
    follow_endpoint(
        ctx,
        {
            "EndpointName": "live",
            "EndpointArn": f"{here}:endpoint/live",
            "EndpointStatus": "InService",
            "CreationTime": 1.0,
            "_Generations": [
                {
                    "Id": 1,
                    "State": "serving",
                    "Variants": [{"ModelName": "digits", "Containers": [container]}],
                }
            ],
        },
    )

    from_endpoint = get_lineage(ctx, {"Starts": [f"{here}:endpoint/live"], "Direction": "Ascendants"})
    from_model = get_lineage(ctx, {"Starts": [f"{here}:model/digits"], "Direction": "Descendants"})

    assert {"live-aws-endpoint", "live-1-1-aws-endpoint", "digits", "model.tar.gz", "train"} <= set(
        named(from_endpoint)
    )
    assert named(from_endpoint)["live-aws-endpoint"]["Type"] == "Endpoint"
    assert named(from_endpoint)["live-1-1-aws-endpoint"]["Status"] == "Completed"
    assert set(named(from_model)) == {"digits", "live-1-1-aws-endpoint", "live-aws-endpoint"}
