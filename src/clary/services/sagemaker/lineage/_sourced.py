"""Shared by artifacts, actions and contexts: each has a Source, a type, properties and associations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.kinds.entities import (
    chosen,
    create_entity,
    delete_entity,
    find_entity,
    update_entity,
)
from clary.services.sagemaker._listing import list_records
from clary.store.lineage import Lineage, location
from clary.store.links import LinkKind, select_targets

from ._vertices import TYPE_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.kinds.entities import EntityKind
    from clary.services.context import Context, Document, Record


def lineage_of(ctx: Context) -> Lineage:
    return Lineage(ctx.records, ctx.links, ctx.region, ctx.account)


def create_sourced(ctx: Context, entity: EntityKind, request: Mapping[str, Any], *, status: str = "") -> str:
    """Creates an action or a context; returns its ARN. Raises ValidationError when the name is taken."""
    with ctx.links.changing:
        arn = create_entity(ctx, entity, request, status=status)
        place = location(entity.kind, request["Source"]["SourceUri"])
        ctx.links.add(LinkKind.LOCATION, place, request[entity.name_member])
    return arn


def update_sourced(
    ctx: Context, entity: EntityKind, request: Mapping[str, Any], *members: str, status: str | None = None
) -> str:
    """Replaces ``members``; merges Properties by key, then removes keys. Returns the ARN. Raises NotFound."""

    def changes(record: Record) -> Document:
        return {**chosen(request, *members), **changed_properties(record, request)}

    record = update_entity(ctx, entity, request[entity.name_member], changes, status=status)
    return str(record[entity.arn_member])


def delete_sourced(ctx: Context, entity: EntityKind, name: str) -> str:
    """Returns the ARN. Raises NotFound, or ValidationError while it has associations."""
    with ctx.links.changing:
        record = find_entity(ctx, entity, name)
        check_alone(ctx, record[entity.arn_member])
        place = location(entity.kind, record["Source"]["SourceUri"])
        ctx.links.remove(LinkKind.LOCATION, place, record[entity.name_member])
        return delete_entity(ctx, entity, record)


def list_sourced(ctx: Context, kind: str, request: Mapping[str, Any], *, answer: str) -> Document:
    """A page of all records of the kind, or of those with a SourceUri and a type."""
    member = TYPE_MEMBERS[kind]
    names = None
    if "SourceUri" in request:
        names = select_targets(LinkKind.LOCATION, location(kind, request["SourceUri"]))
    types = ((member, request[member]),) if member in request else ()
    return list_records(ctx, kind, request, answer=answer, members=types, names=names)


def changed_properties(record: Record, request: Mapping[str, Any]) -> Document:
    """``Properties`` after an update; nothing when the update does not change them."""
    gone = set(request.get("PropertiesToRemove", ()))
    if not gone and "Properties" not in request:
        return {}
    merged = record.get("Properties", {}) | request.get("Properties", {})
    return {"Properties": {key: value for key, value in merged.items() if key not in gone}}


def check_alone(ctx: Context, arn: str) -> None:
    """Raises ValidationError when the vertex has associations."""
    if not lineage_of(ctx).is_alone(arn):
        raise ValidationError(
            f"{arn} has associations; remove them with DeleteAssociation (ListAssociations by SourceArn and "
            "by DestinationArn shows them), then delete it."
        )
