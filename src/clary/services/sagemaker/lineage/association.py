"""Associations: the edges of the lineage graph, from a cause to its result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import canonical_arn
from clary.domain.errors import NotFound, ValidationError
from clary.kinds.entities import author_of
from clary.services._instants import epoch_s
from clary.services._page_token import read_token, write_token
from clary.store.lineage import is_automatic, lineage_type
from clary.store.links import Link, LinkKind

from ._sourced import lineage_of
from ._vertices import find_vertex, vertex_name, vertex_type

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        AddAssociationRequestTypeDef,
        DeleteAssociationRequestTypeDef,
        ListAssociationsRequestTypeDef,
    )

    from clary.services.context import Context, Document

DEFAULT_TYPE = "AssociatedWith"

TYPES = ("SourceType", "DestinationType")

Key = tuple[float | str, str, str]
"""The value that is sorted by, then both ends."""


def add_association(ctx: Context, request: AddAssociationRequestTypeDef) -> Document:
    """A repeated call with the same type changes nothing. Raises ValidationError for another type."""
    source, destination = _ends(request)
    kind = request.get("AssociationType", DEFAULT_TYPE)
    if source == destination:
        raise ValidationError(f"SourceArn and DestinationArn are both {source}; nothing follows from itself.")
    with ctx.links.changing:
        vertices = [find_vertex(ctx, arn) for arn in (source, destination)]
        there = ctx.links.find(LinkKind.ASSOCIATION, source, destination)
        if there is not None and there.label != kind:
            raise ValidationError(
                f"An association from {source} to {destination} already exists, with type {there.label}; "
                "remove it with DeleteAssociation first."
            )
        ctx.links.add(
            LinkKind.ASSOCIATION, source, destination, label=kind, attributes={"CreatedBy": author_of(ctx)}
        )
        lineage_of(ctx).follow_caller(*vertices)
    return {"SourceArn": source, "DestinationArn": destination}


def delete_association(ctx: Context, request: DeleteAssociationRequestTypeDef) -> Document:
    """Raises NotFound when there is no such association."""
    source, destination = _ends(request)
    with ctx.links.changing:
        link = ctx.links.find(LinkKind.ASSOCIATION, source, destination)
        if link is None:
            raise NotFound(f"There is no association from {source} to {destination}.")
        ctx.links.remove(LinkKind.ASSOCIATION, source, destination)
        if not is_automatic(link):
            vertices = [ctx.records.find_by_arn(arn) for arn in (source, destination)]
            lineage_of(ctx).follow_caller(*[found for found in vertices if found is not None])
    return {"SourceArn": source, "DestinationArn": destination}


def _ends(request: AddAssociationRequestTypeDef | DeleteAssociationRequestTypeDef) -> tuple[str, str]:
    return canonical_arn(request["SourceArn"]), canonical_arn(request["DestinationArn"])


def list_associations(ctx: Context, request: ListAssociationsRequestTypeDef) -> Document:
    """A page of all associations, or of those that begin or end at a vertex."""
    links = [link for link in _links(ctx, request) if _is_wanted(link, request)]
    sort_by = request.get("SortBy", "CreationTime")
    keyed = [((_sort_value(ctx, link, sort_by), link.source, link.target), link) for link in links]
    keyed.sort(key=lambda pair: pair[0], reverse=_is_descending(request))
    if "NextToken" in request:
        keyed = _after(keyed, request)
    limit = request.get("MaxResults", 10)
    page: Document = {"AssociationSummaries": []}
    last: Key = (0.0, "", "")
    for key, link in keyed:
        summary = _summary(ctx, link)
        if not all(request.get(member) in (None, *_types(summary, member)) for member in TYPES):
            continue
        if len(page["AssociationSummaries"]) == limit:
            page["NextToken"] = write_token(*last)
            break
        page["AssociationSummaries"].append(summary)
        last = key
    return page


def _links(ctx: Context, request: ListAssociationsRequestTypeDef) -> list[Link]:
    source = canonical_arn(request.get("SourceArn", ""))
    destination = canonical_arn(request.get("DestinationArn", ""))
    if source and destination:
        link = ctx.links.find(LinkKind.ASSOCIATION, source, destination)
        return [] if link is None else [link]
    if source:
        return ctx.links.from_each(LinkKind.ASSOCIATION, [source])
    if destination:
        return ctx.links.to_each(LinkKind.ASSOCIATION, [destination])
    return ctx.links.all(LinkKind.ASSOCIATION)


def _is_wanted(link: Link, request: ListAssociationsRequestTypeDef) -> bool:
    """Whether the link passes the filters that need no vertex."""
    after, before = request.get("CreatedAfter"), request.get("CreatedBefore")
    return (
        request.get("AssociationType", link.label) == link.label
        and (after is None or link.created_at > epoch_s(after))
        and (before is None or link.created_at < epoch_s(before))
    )


def _sort_value(ctx: Context, link: Link, sort_by: str) -> float | str:
    """The value to sort by. Reads a vertex only to sort by its type."""
    if sort_by == "CreationTime":
        return link.created_at
    arn = link.source if sort_by.startswith("Source") else link.target
    return vertex_type(ctx.records.find_by_arn(arn) or {}) if sort_by in TYPES else arn


def _after(keyed: list[tuple[Key, Link]], request: ListAssociationsRequestTypeDef) -> list[tuple[Key, Link]]:
    """What follows the end of the previous page, whatever has changed since. Raises ValidationError."""
    last = _read_token(request["NextToken"])
    try:
        if _is_descending(request):
            return [pair for pair in keyed if pair[0] < last]
        return [pair for pair in keyed if pair[0] > last]
    except TypeError:
        raise ValidationError("NextToken belongs to another list. Begin again without it.") from None


def _is_descending(request: ListAssociationsRequestTypeDef) -> bool:
    return bool(request.get("SortOrder", "Descending") == "Descending")


def _summary(ctx: Context, link: Link) -> dict[str, Any]:
    source, destination = ctx.records.find_by_arn(link.source), ctx.records.find_by_arn(link.target)
    summary: dict[str, Any] = {
        "SourceArn": link.source,
        "DestinationArn": link.target,
        "SourceType": vertex_type(source or {}),
        "DestinationType": vertex_type(destination or {}),
        "AssociationType": link.label,
        "CreationTime": link.created_at,
        **{member: value for member, value in link.attributes.items() if member == "CreatedBy"},
    }
    for member, record in (("SourceName", source), ("DestinationName", destination)):
        if record is not None and vertex_name(record):
            summary[member] = vertex_name(record)
    return summary


def _types(summary: dict[str, Any], member: str) -> tuple[str, str | None]:
    """The types of an end that a filter may name: its Type, or its LineageType, which the SDK asks for."""
    arn = summary[member.replace("Type", "Arn")]
    return summary[member], lineage_type(arn)


def _read_token(token: str) -> Any:
    """The key of the last association of the previous page. Raises ValidationError."""
    key = read_token(token, float | int | str, str, str)
    if key is None:
        raise ValidationError("NextToken is not one of this list. Begin again without it.")
    return tuple(key)
