"""The vertices of the lineage graph: trial components, artifacts, actions, contexts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import NotFound
from clary.store.lineage import lineage_type

if TYPE_CHECKING:
    from clary.services.context import Context, Record

TYPE_MEMBERS = {"artifact": "ArtifactType", "action": "ActionType", "context": "ContextType"}


def find_vertex(ctx: Context, arn: str) -> Record:
    """The record of a trial component, artifact, action or context. Raises NotFound."""
    found = ctx.records.find_by_arn(arn) if lineage_type(arn) else None
    if found is None:
        raise NotFound(f"There is no trial component, artifact, action or context with the ARN {arn}.")
    return found


def vertex_type(record: Record) -> str:
    """``Type`` of a vertex, such as DataSet or Model; for a component, the type of the job it describes."""
    for member in TYPE_MEMBERS.values():
        if member in record:
            return str(record[member])
    source_type = str(record.get("Source", {}).get("SourceType", ""))
    return source_type.removeprefix("SageMaker") or "TrialComponent"


def vertex_name(record: Record) -> str:
    """The name of a vertex; empty for an artifact without a name."""
    for member in ("TrialComponentName", "ArtifactName", "ActionName", "ContextName"):
        if member in record:
            return str(record[member])
    return ""
