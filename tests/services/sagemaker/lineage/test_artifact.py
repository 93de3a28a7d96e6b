from __future__ import annotations

from typing import Any

import pytest

from clary.domain.errors import NotFound, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.experiments.trial_component import create_trial_component
from clary.services.sagemaker.lineage.artifact import (
    create_artifact,
    delete_artifact,
    describe_artifact,
    list_artifacts,
    update_artifact,
)
from clary.services.sagemaker.lineage.association import add_association, delete_association

URI = "s3://bucket/digits"


def create(ctx: Context, uri: str = URI, kind: str = "DataSet", **members: Any) -> str:
    request = {"Source": {"SourceUri": uri}, "ArtifactType": kind, **members}
    arn: str = create_artifact(ctx, request)["ArtifactArn"]
    return arn


def listed(ctx: Context, **request: str) -> list[str]:
    return [found["Source"]["SourceUri"] for found in list_artifacts(ctx, request)["ArtifactSummaries"]]


def test_an_artifact_is_described_as_it_was_created(ctx: Context) -> None:
    arn = create(ctx, ArtifactName="digits", Properties={"rows": "5000"})

    found = describe_artifact(ctx, {"ArtifactArn": arn})

    assert (found["ArtifactName"], found["ArtifactType"]) == ("digits", "DataSet")
    assert (found["Source"], found["Properties"]) == ({"SourceUri": URI}, {"rows": "5000"})


def test_the_same_source_is_the_same_artifact(ctx: Context) -> None:
    assert create(ctx) == create(ctx) == create(ctx, f"{URI}/")
    with pytest.raises(ValidationError, match="already exists"):
        create(ctx, kind="Model")


def test_source_types_tell_versions_of_one_place_apart(ctx: Context) -> None:
    first, second = (
        create(ctx, Source={"SourceUri": URI, "SourceTypes": [{"SourceIdType": "S3ETag", "Value": etag}]})
        for etag in ("one", "two")
    )

    assert first != second
    assert listed(ctx, SourceUri=URI) == [URI, URI]


def test_properties_are_added_and_removed_by_key(ctx: Context) -> None:
    arn = create(ctx, Properties={"rows": "1", "old": "x"})

    update_artifact(
        ctx,
        {
            "ArtifactArn": arn,
            "ArtifactName": "new",
            "Properties": {"rows": "2", "both": "x"},
            "PropertiesToRemove": ["old", "both"],
        },
    )

    found = describe_artifact(ctx, {"ArtifactArn": arn})
    assert (found["ArtifactName"], found["Properties"]) == ("new", {"rows": "2"})


def test_artifacts_are_listed_by_source_and_by_type(ctx: Context) -> None:
    create(ctx)
    create(ctx, "s3://bucket/model", "Model")

    assert listed(ctx, SourceUri=f"{URI}/") == [URI]
    assert listed(ctx, ArtifactType="Model") == ["s3://bucket/model"]
    assert listed(ctx, ArtifactType="Model", SourceUri=URI) == []


def test_an_artifact_with_associations_cannot_be_deleted(ctx: Context) -> None:
    arn = create(ctx)
    component = create_trial_component(ctx, {"TrialComponentName": "train"})["TrialComponentArn"]
    edge = {"SourceArn": arn, "DestinationArn": component}
    add_association(ctx, edge)

    with pytest.raises(ValidationError, match="has associations"):
        delete_artifact(ctx, {"ArtifactArn": arn})
    delete_association(ctx, edge)
    delete_artifact(ctx, {"Source": {"SourceUri": URI}})

    assert listed(ctx, SourceUri=URI) == []
    with pytest.raises(NotFound, match="does not exist"):
        describe_artifact(ctx, {"ArtifactArn": arn})


def test_an_artifact_is_deleted_by_its_arn_or_its_source_and_not_both(ctx: Context) -> None:
    arn = create(ctx)

    for request in ({}, {"ArtifactArn": arn, "Source": {"SourceUri": URI}}):
        with pytest.raises(ValidationError, match="Give ArtifactArn or Source"):
            delete_artifact(ctx, request)
