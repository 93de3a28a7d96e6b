"""What a graph of the lineage needs beside QueryLineage: names, statuses, and how much is not shown.

A graph of 60 vertices would otherwise need 60 Describe calls, and the lineage of an image that 10,000 jobs
used would come whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import Arn, canonical_arn
from clary.domain.errors import BadRequest, NotFound
from clary.kinds.catalogue import find_kind
from clary.kinds.entities import CONTEXT
from clary.services.sagemaker.lineage._sourced import lineage_of
from clary.services.sagemaker.lineage._vertices import find_vertex, vertex_name, vertex_type
from clary.store.lineage import ARTIFACT, lineage_type, location
from clary.store.lineage_walk import Walk, walk
from clary.store.links import LinkKind

from ._request import count_of, require, text_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clary.services.context import Context, Document, Record

DIRECTIONS = ("Ascendants", "Descendants", "Both")
MOST_STARTS = 8
MOST_VERTICES = 400
MOST_COUNTED = 10_000


def get_lineage(ctx: Context, request: Mapping[str, object]) -> Document:
    """Vertices around Starts (ARNs of vertices or jobs, S3 URIs), with their names and edges.

    Depth counts edges. Each vertex brings its EachSide newest neighbours; Skip leaves out those of a start
    that are known already. ``Before`` and ``After`` of a vertex count all its neighbours. Raises BadRequest.
    """
    starts = [_vertex_at(ctx, start) for start in texts_of(request, "Starts", most=MOST_STARTS)]
    direction = text_of({"Direction": "Both", **request}, "Direction")
    if direction not in DIRECTIONS:
        raise BadRequest(f"Direction is {direction}; it has to be one of {', '.join(DIRECTIONS)}")
    extent = Walk(
        depth=count_of(request, "Depth", default=3, least=1, most=10),
        each=count_of(request, "EachSide", default=12, least=1, most=100),
        skip=count_of(request, "Skip", default=0, least=0, most=1_000_000),
        most=count_of(request, "Most", default=80, least=1, most=MOST_VERTICES),
    )
    for arn in starts:
        require(ctx, "sagemaker:QueryLineage", arn)
    back, ahead = direction != "Descendants", direction != "Ascendants"
    reached = walk(ctx.links, starts, extent, back=back, ahead=ahead)
    vertices = [vertex for arn in reached.arns if (vertex := _vertex(ctx, arn)) is not None]
    there = {vertex["Arn"] for vertex in vertices}
    return {
        "Starts": starts,
        "Vertices": vertices,
        "Edges": [
            {"SourceArn": link.source, "DestinationArn": link.target, "AssociationType": link.label}
            for link in reached.links.values()
            if link.source in there and link.target in there
        ],
        "IsCut": reached.is_cut,
    }


def _vertex_at(ctx: Context, start: str) -> str:
    """The ARN of a vertex, of what tells of a job or an endpoint, or of the artifact at a location.

    Raises NotFound, and BadRequest for what has no vertex.
    """
    if start.startswith("s3://"):
        return _artifact_at(ctx, start)
    arn = canonical_arn(start)
    if lineage_type(arn) is not None:
        find_vertex(ctx, arn)
        return arn
    about = _vertex_about(ctx, arn)
    if about:
        return about
    components = ctx.links.targets(LinkKind.ORIGIN, arn)
    for name in components:
        component = ctx.records.find(_COMPONENT, name)
        if component is not None:
            return str(component["TrialComponentArn"])
    if _is_job(arn):
        raise NotFound(
            f"No trial component tells of {arn}. It is made when the job starts; where it was deleted, "
            "its lineage went with it."
        )
    raise BadRequest(
        "each of Starts has to be the ARN of a trial component, artifact, action, context or job, or an S3 "
        f"URI; {start[:200]} is none"
    )


def _vertex_about(ctx: Context, arn: str) -> str:
    """The ARN of the context or artifact whose Source is a resource, such as an endpoint; empty without."""
    for entity in (CONTEXT.kind, ARTIFACT):
        for name in ctx.links.targets(LinkKind.LOCATION, location(entity, arn)):
            record = ctx.records.find(entity, name)
            if record is not None:
                return str(record["ContextArn" if entity == CONTEXT.kind else "ArtifactArn"])
    return ""


def _artifact_at(ctx: Context, uri: str) -> str:
    """The ARN of the artifact at a location, else of the nearest folder around it. Raises NotFound."""
    lineage = lineage_of(ctx)
    for place in _enclosing(uri):
        own = lineage.artifact_arn({"SourceUri": place})
        if ctx.records.find_by_arn(own) is not None:
            return own
        names = ctx.links.targets(LinkKind.LOCATION, location(ARTIFACT, place))
        records = [record for name in names if (record := ctx.records.find(ARTIFACT, name)) is not None]
        if records:
            return str(max(records, key=lambda record: record["CreationTime"])["ArtifactArn"])
    raise NotFound(f"No job is known to have read or written {uri}.")


def _enclosing(uri: str) -> Iterator[str]:
    """The location itself, then each folder around it, the nearest first, without the bucket."""
    bucket, *parts = uri.removeprefix("s3://").strip("/").split("/")
    yield uri
    for count in range(len(parts) - 1, 0, -1):
        yield "/".join([f"s3://{bucket}", *parts[:count]])


def _vertex(ctx: Context, arn: str) -> Document | None:
    """A vertex, with what its Describe would show if the caller may do that; None if it is gone."""
    record = ctx.records.find_by_arn(arn)
    kind = lineage_type(arn)
    if record is None or kind is None:
        return None
    counts = {
        member: ctx.links.count(LinkKind.ASSOCIATION, arn, MOST_COUNTED, to=to)
        for member, to in (("Before", True), ("After", False))
    }
    known = {"Arn": arn, "LineageType": kind, "Type": vertex_type(record), **counts}
    return {**known, **_details(record)} if ctx.may(f"sagemaker:Describe{kind}", arn) else known


def _details(record: Record) -> Document:
    source: dict[str, Any] = record.get("Source", {})
    status = record.get("Status", "")
    found = {
        "Name": vertex_name(record),
        "DisplayName": record.get("DisplayName"),
        "Uri": source.get("SourceUri"),
        "Job": source.get("SourceArn"),
        "Status": status.get("PrimaryStatus") if isinstance(status, dict) else status,
        "CreationTime": record.get("CreationTime"),
    }
    return {member: value for member, value in found.items() if value}


def _is_job(arn: str) -> bool:
    try:
        resource = Arn.parse(arn).resource
    except ValueError:
        return False
    kind = find_kind(resource.partition("/")[0])
    return kind is not None and bool(kind.noun)


_COMPONENT = "experiment-trial-component"
