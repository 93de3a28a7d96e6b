"""Artifacts: the data sets, images and models that components read and write, identified by their Source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import canonical_arn
from clary.domain.errors import NotFound, ValidationError
from clary.kinds.entities import author_of, chosen
from clary.kinds.tags import tags_of_request
from clary.services.sagemaker._answered import answered
from clary.store.lineage import ARTIFACT, artifact_id
from clary.store.records import RecordExists, RecordMissing

from ._sourced import changed_properties, check_alone, lineage_of, list_sourced

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateArtifactRequestTypeDef,
        DeleteArtifactRequestTypeDef,
        DescribeArtifactRequestTypeDef,
        ListArtifactsRequestTypeDef,
        UpdateArtifactRequestTypeDef,
    )

    from clary.services.context import Context, Document, Record


def create_artifact(ctx: Context, request: CreateArtifactRequestTypeDef) -> Document:
    """A repeated call with the same Source, type and name returns the existing artifact.

    Raises ValidationError when the Source has an artifact of another type or name.
    """
    tags = tags_of_request(request)
    author = author_of(ctx)
    wanted = {member: value for member, value in request.items() if member != "Tags"}
    lineage = lineage_of(ctx)
    try:
        arn = lineage.add_artifact({**wanted, "CreatedBy": author, "LastModifiedBy": author})
    except RecordExists:
        arn = lineage.artifact_arn(request["Source"])
        same = ctx.records.find_by_arn(arn) or {}
        if any(same.get(member) != request.get(member) for member in ("ArtifactType", "ArtifactName")):
            raise ValidationError(
                f"Artifact with Source {request['Source']['SourceUri']} already exists ({arn}), with type "
                f"{same.get('ArtifactType')} and name {same.get('ArtifactName')}; use that one, change it "
                "with UpdateArtifact, or tell this one apart by SourceTypes."
            ) from None
    ctx.tags.put(arn, tags)
    return {"ArtifactArn": arn}


def describe_artifact(ctx: Context, request: DescribeArtifactRequestTypeDef) -> Document:
    return answered(ARTIFACT, _find(ctx, request["ArtifactArn"]))


def update_artifact(ctx: Context, request: UpdateArtifactRequestTypeDef) -> Document:
    """Replaces the name; merges Properties by key, then removes keys. Raises NotFound."""
    arn = canonical_arn(request["ArtifactArn"])

    def changes(record: Record) -> Document:
        return {
            **chosen(request, "ArtifactName"),
            **changed_properties(record, request),
            "LastModifiedBy": author_of(ctx),
        }

    try:
        ctx.records.update(ARTIFACT, artifact_id(_find(ctx, arn)["Source"]), changes)
    except RecordMissing:
        raise _missing(arn) from None
    return {"ArtifactArn": arn}


def list_artifacts(ctx: Context, request: ListArtifactsRequestTypeDef) -> Document:
    return list_sourced(ctx, ARTIFACT, request, answer="ArtifactSummaries")


def delete_artifact(ctx: Context, request: DeleteArtifactRequestTypeDef) -> Document:
    """Deletes by ARN or by Source. Raises ValidationError while the artifact has associations."""
    if ("ArtifactArn" in request) == ("Source" in request):
        raise ValidationError("Give ArtifactArn or Source, and only one of them.")
    lineage = lineage_of(ctx)
    arn = canonical_arn(request.get("ArtifactArn") or lineage.artifact_arn(request["Source"]))
    with ctx.links.changing:
        record = _find(ctx, arn)
        check_alone(ctx, arn)
        lineage.remove_artifact(record)
        ctx.tags.delete_all(arn)
    return {"ArtifactArn": arn}


def _find(ctx: Context, arn: str) -> Record:
    found = ctx.records.find_by_arn(arn)
    if found is None or "ArtifactArn" not in found:
        raise _missing(arn)
    return found


def _missing(arn: str) -> NotFound:
    return NotFound(f"Artifact '{arn}' does not exist.")
