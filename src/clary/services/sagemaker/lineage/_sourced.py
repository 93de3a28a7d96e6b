"""What artifacts, actions and contexts have in common: a Source, a type, properties, and edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import NotFound, ValidationError
from clary.kinds.entities import (
    chosen,
    create_entity,
    delete_entity,
    find_entity,
    update_entity,
)
from clary.services.sagemaker._listing import list_records
from clary.store.lineage import Lineage, lineage_type, location
from clary.store.links import LinkKind, select_targets

if TYPE_CHECKING:
    from clary.kinds.entities import EntityKind
    from clary.services.context import Context, Document

TYPE_MEMBERS = {"artifact": "ArtifactType", "action": "ActionType", "context": "ContextType"}

JOBS = {
    "SageMakerTrainingJob": "TrainingJob",
    "SageMakerProcessingJob": "ProcessingJob",
    "SageMakerTransformJob": "TransformJob",
}
"""SourceType of a component to the type of its vertex."""


def lineage_of(ctx: Context) -> Lineage:
    return Lineage(ctx.records, ctx.links, ctx.region, ctx.account)


def create_sourced(ctx: Context, entity: EntityKind, request: Document, *, status: str = "") -> str:
    """An action or a context; answers its ARN."""
    with ctx.links.changing:
        arn = create_entity(ctx, entity, request, status=status)
        place = location(entity.kind, request["Source"]["SourceUri"])
        ctx.links.add(LinkKind.LOCATION, place, request[entity.name_member])
    return arn


def update_sourced(
    ctx: Context, entity: EntityKind, request: Document, *members: str, status: str | None = None
) -> str:
    """Replaces ``members``; adds to Properties by key, then takes away."""

    def changes(record: Document) -> Document:
        return {**chosen(request, *members), **changed_properties(record, request)}

    record = update_entity(ctx, entity, request[entity.name_member], changes, status=status)
    return str(record[entity.arn_member])


def delete_sourced(ctx: Context, entity: EntityKind, name: str) -> str:
    """Refused while it has associations."""
    with ctx.links.changing:
        record = find_entity(ctx, entity, name)
        check_alone(ctx, record[entity.arn_member])
        place = location(entity.kind, record["Source"]["SourceUri"])
        ctx.links.remove(LinkKind.LOCATION, place, record[entity.name_member])
        return delete_entity(ctx, entity, record)


def list_sourced(ctx: Context, kind: str, request: Document, *, answer: str) -> Document:
    """All, those of a SourceUri, those of a type."""
    member = TYPE_MEMBERS[kind]
    names = None
    if "SourceUri" in request:
        names = select_targets(LinkKind.LOCATION, location(kind, request["SourceUri"]))
    types = ((member, request[member]),) if member in request else ()
    return list_records(ctx, kind, request, answer=answer, members=types, names=names)


def changed_properties(record: Document, request: Document) -> dict[str, Any]:
    gone = set(request.get("PropertiesToRemove", ()))
    if not gone and "Properties" not in request:
        return {}
    merged = record.get("Properties", {}) | request.get("Properties", {})
    return {"Properties": {key: value for key, value in merged.items() if key not in gone}}


def check_alone(ctx: Context, arn: str) -> None:
    if not lineage_of(ctx).is_alone(arn):
        raise ValidationError(
            f"{arn} has associations; remove them with DeleteAssociation (ListAssociations by SourceArn and "
            "by DestinationArn shows them), then delete it."
        )


def find_vertex(ctx: Context, arn: str) -> Document:
    """The record of a trial component, artifact, action or context. Raises NotFound."""
    found = ctx.records.find_by_arn(arn) if lineage_type(arn) else None
    if found is None:
        raise NotFound(f"There is no trial component, artifact, action or context with the ARN {arn}.")
    return found


def vertex_type(record: Document) -> str:
    """``Type`` of a vertex: DataSet, Model and so on; of a component, the job it tells of."""
    for member in TYPE_MEMBERS.values():
        if member in record:
            return str(record[member])
    return JOBS.get(record.get("Source", {}).get("SourceType", ""), "TrialComponent")


def vertex_name(record: Document) -> str:
    """Empty for an artifact without a name."""
    for member in ("TrialComponentName", "ArtifactName", "ActionName", "ContextName"):
        if member in record:
            return str(record[member])
    return ""
