from __future__ import annotations

from typing import Any

import pytest

from clary.domain.errors import NotFound, ValidationError
from clary.services._page_token import write_token
from clary.services.context import Context
from clary.services.sagemaker.experiments.trial_component import (
    create_trial_component,
    delete_trial_component,
    update_trial_component,
)
from clary.services.sagemaker.lineage.artifact import list_artifacts
from clary.services.sagemaker.lineage.association import add_association
from clary.services.sagemaker.lineage.lineage_query import query_lineage

RAW, CLEAN, MODEL = "s3://bucket/raw", "s3://bucket/clean/", "s3://bucket/model.tar.gz"
IMAGE, CODE = "123.dkr.ecr/pytorch-training:2.6", "s3://bucket/source/sourcedir.tar.gz"


@pytest.fixture(autouse=True)
def two_steps(ctx: Context) -> None:
    """raw -> prepare -> clean -> train (with an image and code) -> model, from what the components say."""
    create_trial_component(
        ctx,
        {
            "TrialComponentName": "prepare",
            "InputArtifacts": {"raw": {"Value": RAW}, "scale": {"Value": "0.5"}},
            "OutputArtifacts": {"clean": {"Value": CLEAN}},
        },
    )
    create_trial_component(
        ctx,
        {
            "TrialComponentName": "train",
            "Parameters": {"sagemaker_submit_directory": {"StringValue": f'"{CODE}"'}},
            "InputArtifacts": {
                "training": {"Value": CLEAN.rstrip("/")},
                "SageMaker.ImageUri": {"Value": IMAGE},
            },
            "OutputArtifacts": {
                "SageMaker.ModelArtifact": {"Value": MODEL},
                "SageMaker.DebugHookOutput": {"Value": "s3://bucket/"},
            },
        },
    )


def artifact(ctx: Context, uri: str) -> str:
    (found,) = list_artifacts(ctx, {"SourceUri": uri})["ArtifactSummaries"]
    return str(found["ArtifactArn"])


def reached(ctx: Context, start: str, **request: Any) -> set[tuple[str, str]]:
    """Type and last piece of the place, or name, of what is reached."""
    found = set()
    for vertex in query_lineage(ctx, {"StartArns": [start], **request})["Vertices"]:
        record = ctx.records.find_by_arn(vertex["Arn"])
        assert record is not None
        name = record.get("TrialComponentName") or record["Source"]["SourceUri"].rstrip("/").split("/")[-1]
        found.add((vertex["Type"], name))
    return found


BEFORE_TRAINING = {
    ("DataSet", "raw"),
    ("TrialComponent", "prepare"),
    ("DataSet", "clean"),
    ("Image", "pytorch-training:2.6"),
    ("Code", "sourcedir.tar.gz"),
    ("TrialComponent", "train"),
}


def test_a_model_leads_back_to_data_preprocessing_image_and_script(ctx: Context) -> None:
    model = artifact(ctx, MODEL)

    assert reached(ctx, model, Direction="Ascendants") == BEFORE_TRAINING | {("Model", "model.tar.gz")}
    assert reached(ctx, model, Direction="Descendants") == {("Model", "model.tar.gz")}


def test_data_leads_to_what_was_made_from_it(ctx: Context) -> None:
    found = reached(ctx, artifact(ctx, RAW), Direction="Descendants")

    assert found == {
        ("DataSet", "raw"),
        ("TrialComponent", "prepare"),
        ("DataSet", "clean"),
        ("TrialComponent", "train"),
        ("Model", "model.tar.gz"),
    }


def test_depth_counts_edges(ctx: Context) -> None:
    model = artifact(ctx, MODEL)

    one = reached(ctx, model, Direction="Ascendants", MaxDepth=1)

    assert one == {("Model", "model.tar.gz"), ("TrialComponent", "train")}
    assert ("DataSet", "raw") not in reached(ctx, model, Direction="Ascendants", MaxDepth=3)


def test_filters_choose_what_is_shown_and_not_where_the_walk_goes(ctx: Context) -> None:
    model = artifact(ctx, MODEL)

    data = reached(ctx, model, Filters={"Types": ["DataSet"]})
    components = reached(ctx, model, Filters={"LineageTypes": ["TrialComponent"]})

    assert data == {("DataSet", "raw"), ("DataSet", "clean")}
    assert components == {("TrialComponent", "prepare"), ("TrialComponent", "train")}
    assert reached(ctx, model, Filters={"CreatedBefore": 1.0}) == set()
    assert reached(ctx, model, Filters={"Properties": {"rows": "1"}}) == set()


def test_pages_hold_every_vertex_and_every_edge_once(ctx: Context) -> None:
    request: dict[str, Any] = {"StartArns": [artifact(ctx, MODEL)], "Direction": "Ascendants"}
    whole = query_lineage(ctx, request)

    vertices, edges, token = [], [], {}
    while True:
        page = query_lineage(ctx, {**request, "MaxResults": 2, **token})
        vertices += page["Vertices"]
        edges += page["Edges"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}

    assert vertices == whole["Vertices"]
    assert sorted(map(str, edges)) == sorted(map(str, whole["Edges"]))
    assert len(edges) == 6
    assert query_lineage(ctx, {**request, "IncludeEdges": False})["Edges"] == []


def test_a_circle_is_walked_once(ctx: Context) -> None:
    add_association(ctx, {"SourceArn": artifact(ctx, MODEL), "DestinationArn": artifact(ctx, RAW)})

    assert reached(ctx, artifact(ctx, MODEL)) == BEFORE_TRAINING | {("Model", "model.tar.gz")}


def test_an_artifact_taken_from_a_component_leaves_the_lineage(ctx: Context) -> None:
    update_trial_component(ctx, {"TrialComponentName": "prepare", "InputArtifactsToRemove": ["raw"]})

    assert list_artifacts(ctx, {"SourceUri": RAW})["ArtifactSummaries"] == []
    assert ("DataSet", "raw") not in reached(ctx, artifact(ctx, MODEL))


def test_deleted_components_leave_nothing_that_was_there_for_them_alone(ctx: Context) -> None:
    delete_trial_component(ctx, {"TrialComponentName": "train"})
    left = [found["ArtifactType"] for found in list_artifacts(ctx, {})["ArtifactSummaries"]]
    assert left == ["DataSet", "DataSet"]

    delete_trial_component(ctx, {"TrialComponentName": "prepare"})
    assert list_artifacts(ctx, {})["ArtifactSummaries"] == []


def test_a_query_begins_at_a_vertex_that_is_there(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="StartArns is empty"):
        query_lineage(ctx, {})
    with pytest.raises(NotFound):
        query_lineage(ctx, {"StartArns": [f"{artifact(ctx, MODEL)}0"]})
    with pytest.raises(ValidationError, match="MaxDepth is 0"):
        query_lineage(ctx, {"StartArns": [artifact(ctx, MODEL)], "MaxDepth": 0})
    for token in ("nonsense", write_token(-1), write_token("1")):
        with pytest.raises(ValidationError, match="Begin again"):
            query_lineage(ctx, {"StartArns": [artifact(ctx, MODEL)], "NextToken": token})
