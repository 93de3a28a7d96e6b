"""QueryLineage: everything that a vertex was made from, and everything that was made from it.

A breadth-first search, so that the nearest vertices come first. Filters choose what is returned, not which
edges are followed: the path from a model to its data leads over a component, whether the filter includes
components or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import canonical_arn
from clary.domain.errors import ValidationError
from clary.services._instants import epoch_s
from clary.services._page_token import read_token, write_token
from clary.store.lineage import lineage_type
from clary.store.links import Link, LinkKind

from ._vertices import find_vertex, vertex_type

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import QueryFiltersTypeDef, QueryLineageRequestTypeDef

    from clary.services.context import Context, Document, Record

DEEPEST = 10
LARGEST_PAGE = 50


def query_lineage(ctx: Context, request: QueryLineageRequestTypeDef) -> Document:
    """A page of the vertices around StartArns, and their edges. Raises ValidationError and NotFound."""
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
        answer["NextToken"] = write_token(first + limit)
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
    """Adds vertices and edges to ``reached`` and ``edges``, level by level. A cycle is followed once."""
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


def _shown(ctx: Context, arns: list[str], filters: QueryFiltersTypeDef) -> list[Document]:
    found = []
    for arn in arns:
        record = ctx.records.find_by_arn(arn)
        if record is None:
            continue
        vertex = {"Arn": arn, "Type": vertex_type(record), "LineageType": lineage_type(arn)}
        if _passes(record, vertex, filters):
            found.append(vertex)
    return found


def _passes(record: Record, vertex: Document, filters: QueryFiltersTypeDef) -> bool:
    bounds = (
        (filters.get("CreatedAfter"), record["CreationTime"], 1),
        (filters.get("CreatedBefore"), record["CreationTime"], -1),
        (filters.get("ModifiedAfter"), record["LastModifiedTime"], 1),
        (filters.get("ModifiedBefore"), record["LastModifiedTime"], -1),
    )
    properties = record.get("Properties", {})
    return (
        (not filters.get("Types") or vertex["Type"] in filters["Types"])
        and (not filters.get("LineageTypes") or vertex["LineageType"] in filters["LineageTypes"])
        and all((at - epoch_s(bound)) * sign > 0 for bound, at, sign in bounds if bound is not None)
        and all(properties.get(key) == value for key, value in filters.get("Properties", {}).items())
    )


def _edges_of(
    page: list[Document], vertices: list[Document], edges: list[Link], start: set[str]
) -> list[dict[str, Any]]:
    """The edges between returned vertices and the start; each is on the page of its later end."""
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


def _first_of_page(request: QueryLineageRequestTypeDef) -> int:
    if "NextToken" not in request:
        return 0
    position = read_token(request["NextToken"], int)
    if position is None or position[0] < 0:
        raise ValidationError("NextToken is not one of this list. Begin again without it.")
    return int(position[0])
