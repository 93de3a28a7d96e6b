"""Associations: the edges of the lineage, from what was there before to what followed from it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.errors import NotFound, ValidationError
from clary.store.links import Link, LinkKind

from ._entities import author_of
from ._lineage import find_vertex, lineage_of, vertex_name, vertex_type

if TYPE_CHECKING:
    from clary.services.context import Context, Document

DEFAULT_TYPE = "AssociatedWith"


def add_association(ctx: Context, request: Document) -> Document:
    """Once more with the same type is no error."""
    source, destination = request["SourceArn"], request["DestinationArn"]
    kind = request.get("AssociationType", DEFAULT_TYPE)
    if source == destination:
        raise ValidationError(f"SourceArn and DestinationArn are both {source}; nothing follows from itself.")
    with ctx.links.changing:
        for arn in (source, destination):
            find_vertex(ctx, arn)
        there = ctx.links.find(LinkKind.ASSOCIATION, source, destination)
        if there is not None and there.label != kind:
            raise ValidationError(
                f"An association from {source} to {destination} already exists, with type {there.label}; "
                "remove it with DeleteAssociation first."
            )
        ctx.links.add(
            LinkKind.ASSOCIATION, source, destination, label=kind, attributes={"CreatedBy": author_of(ctx)}
        )
    return {"SourceArn": source, "DestinationArn": destination}


def delete_association(ctx: Context, request: Document) -> Document:
    source, destination = request["SourceArn"], request["DestinationArn"]
    if not ctx.links.remove(LinkKind.ASSOCIATION, source, destination):
        raise NotFound(f"There is no association from {source} to {destination}.")
    lineage_of(ctx).drop_orphans(source, destination)
    return {"SourceArn": source, "DestinationArn": destination}


def list_associations(ctx: Context, request: Document) -> Document:
    """All, or those that begin or end at a vertex; sorted by any of five members."""
    found = [_summary(ctx, link) for link in _links(ctx, request)]
    wanted = {
        member: request[member]
        for member in ("SourceType", "DestinationType", "AssociationType")
        if member in request
    }
    after, before = request.get("CreatedAfter"), request.get("CreatedBefore")
    summaries = [
        summary
        for summary in found
        if all(summary[member] == value for member, value in wanted.items())
        and (after is None or summary["CreationTime"] > after)
        and (before is None or summary["CreationTime"] < before)
    ]
    sort_by = request.get("SortBy", "CreationTime")
    summaries.sort(
        key=lambda summary: (summary[sort_by], summary["SourceArn"], summary["DestinationArn"]),
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    return _page(summaries, request, "AssociationSummaries")


def _links(ctx: Context, request: Document) -> list[Link]:
    source, destination = request.get("SourceArn"), request.get("DestinationArn")
    if source and destination:
        link = ctx.links.find(LinkKind.ASSOCIATION, source, destination)
        return [] if link is None else [link]
    if source:
        return ctx.links.from_each(LinkKind.ASSOCIATION, [source])
    if destination:
        return ctx.links.to_each(LinkKind.ASSOCIATION, [destination])
    return ctx.links.all(LinkKind.ASSOCIATION)


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


def _page(items: list[dict[str, Any]], request: Document, answer: str) -> Document:
    """By position: an association between two vertices is made in moments, and seldom after that."""
    limit = request.get("MaxResults", 10)
    first = _read_token(request["NextToken"]) if "NextToken" in request else 0
    page: Document = {answer: items[first : first + limit]}
    if first + limit < len(items):
        page["NextToken"] = base64.urlsafe_b64encode(orjson.dumps({"first": first + limit})).decode()
    return page


def _read_token(token: str) -> int:
    try:
        return int(orjson.loads(base64.urlsafe_b64decode(token.encode()))["first"])
    except (ValueError, binascii.Error, KeyError, TypeError):
        raise ValidationError("NextToken is not one of ours. Begin again without it.") from None
