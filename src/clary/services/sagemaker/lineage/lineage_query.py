"""QueryLineage: everything that a vertex was made from, and everything that was made from it.

The walk goes breadth first, so the nearest come first. Filters choose what is shown, never where the walk
goes: the way from a model to its data leads over a component, whether components are asked for or not.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from clary.domain.arns import canonical_arn
from clary.domain.errors import ValidationError
from clary.store.lineage import lineage_type
from clary.store.links import Link, LinkKind

from ._sourced import find_vertex, vertex_type

if TYPE_CHECKING:
    from clary.services.context import Context, Document

DEEPEST = 10
LARGEST_PAGE = 50


def query_lineage(ctx: Context, request: Document) -> Document:
    start = [canonical_arn(arn) for arn in request.get("StartArns", [])]
    if not start:
        raise ValidationError("StartArns is empty; give the ARN of the vertex to begin with.")
    depth = request.get("MaxDepth", DEEPEST)
    if depth < 1:
        raise ValidationError(f"MaxDepth is {depth}; it has to be 1 to {DEEPEST}.")
    for arn in start:
        find_vertex(ctx, arn)
    direction = request.get("Direction", "Both")
    reached: dict[str, None] = dict.fromkeys(start)
    edges: dict[tuple[str, str], Link] = {}
    if direction in ("Both", "Ascendants"):
        _walk(ctx, start, depth, reached, edges, up=True)
    if direction in ("Both", "Descendants"):
        _walk(ctx, start, depth, reached, edges, up=False)
    vertices = _shown(ctx, list(reached), request.get("Filters", {}))
    first, limit = _first_of_page(request), request.get("MaxResults", LARGEST_PAGE)
    page = vertices[first : first + limit]
    answer: Document = {"Vertices": page, "Edges": []}
    if request.get("IncludeEdges", True):
        answer["Edges"] = _edges_of(page, vertices, list(edges.values()), set(start))
    if first + limit < len(vertices):
        answer["NextToken"] = base64.urlsafe_b64encode(str(first + limit).encode()).decode()
    return answer


def _walk(
    ctx: Context,
    start: list[str],
    depth: int,
    reached: dict[str, None],
    edges: dict[tuple[str, str], Link],
    *,
    up: bool,
) -> None:
    """Adds what is found, level by level. A circle is walked once."""
    seen = set(start)
    level = list(start)
    for _ in range(depth):
        if not level:
            return
        if up:
            links = ctx.links.to_each(LinkKind.ASSOCIATION, level)
            ends = [link.source for link in links]
        else:
            links = ctx.links.from_each(LinkKind.ASSOCIATION, level)
            ends = [link.target for link in links]
        edges.update({(link.source, link.target): link for link in links})
        level = [end for end in dict.fromkeys(ends) if end not in seen]
        seen.update(level)
        reached.update(dict.fromkeys(level))


def _shown(ctx: Context, arns: list[str], filters: Document) -> list[Document]:
    found = []
    for arn in arns:
        record = ctx.records.find_by_arn(arn)
        if record is None:
            continue
        vertex = {"Arn": arn, "Type": vertex_type(record), "LineageType": lineage_type(arn)}
        if _passes(record, vertex, filters):
            found.append(vertex)
    return found


def _passes(record: Document, vertex: Document, filters: Document) -> bool:
    bounds = (
        ("CreatedAfter", record["CreationTime"], 1),
        ("CreatedBefore", record["CreationTime"], -1),
        ("ModifiedAfter", record["LastModifiedTime"], 1),
        ("ModifiedBefore", record["LastModifiedTime"], -1),
    )
    properties = record.get("Properties", {})
    return (
        (not filters.get("Types") or vertex["Type"] in filters["Types"])
        and (not filters.get("LineageTypes") or vertex["LineageType"] in filters["LineageTypes"])
        and all((at - filters[member]) * sign > 0 for member, at, sign in bounds if member in filters)
        and all(properties.get(key) == value for key, value in filters.get("Properties", {}).items())
    )


def _edges_of(
    page: list[Document], vertices: list[Document], edges: list[Link], start: set[str]
) -> list[dict[str, Any]]:
    """Edges between shown vertices (the start counts), each with the page that shows its later end."""
    position = {vertex["Arn"]: index for index, vertex in enumerate(vertices)}
    on_page = {vertex["Arn"] for vertex in page}
    shown = []
    for edge in edges:
        ends = (edge.source, edge.target)
        if not all(end in position or end in start for end in ends):
            continue
        later = max(ends, key=lambda end: position.get(end, -1))
        if later in on_page:
            shown.append(
                {"SourceArn": edge.source, "DestinationArn": edge.target, "AssociationType": edge.label}
            )
    return shown


def _first_of_page(request: Document) -> int:
    if "NextToken" not in request:
        return 0
    try:
        return int(base64.urlsafe_b64decode(request["NextToken"].encode()))
    except (ValueError, binascii.Error):
        raise ValidationError("NextToken is not one of ours. Begin again without it.") from None
