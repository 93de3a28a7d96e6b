"""What something was made from, as a tree: each vertex with those that lead to it.

model ── Produced by ── training job ── ContributedTo by ── data, source, image
                                     └─ in the same trial ── what was logged by hand, preprocessing most often
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from clary.cli.experiment_rows import SCRIPT_MODE, parameters_of
from clary.cli.origins import JOBS, kind_of

Description = dict[str, Any]

KINDS = {"Model": "model", "DataSet": "data", "Code": "source", "Image": "image"}
ORDER = ("source", "image", "data", "model")
"""Of the vertices that lead to one; others come after these."""

BESIDE_LIMIT = 100
"""How many components of a trial are looked at for what was logged by hand."""


@dataclass(slots=True)
class Vertex:
    """edge: the association to the vertex that this one leads to. again: drawn in full elsewhere."""

    arn: str
    kind: str
    name: str
    edge: str = ""
    uri: str = ""
    status: str = ""
    created: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    again: bool = False
    made_from: list[Vertex] = field(default_factory=list)


def lineage_tree(sagemaker: Any, arn: str) -> Vertex:
    """Everything that leads to a vertex; what leads there on two ways is told in full on the first."""
    return _grow(sagemaker, arn, "", {})


def _grow(
    sagemaker: Any, arn: str, edge: str, seen: dict[str, Vertex], reader: Description | None = None
) -> Vertex:
    if arn in seen:
        known = seen[arn]
        return Vertex(arn, known.kind, known.name, edge, known.uri, again=True)
    described, vertex = _described(sagemaker, arn, edge, reader or {})
    seen[arn] = vertex
    is_component = "TrialComponentArn" in described
    for source, association in _leading_to(sagemaker, arn):
        from_component = kind_of(source) == "experiment-trial-component"
        if association == "DerivedFrom" and is_component and from_component:
            # A job that was run again: its inputs are told below the new one already.
            _, before = _described(sagemaker, source, association, {})
            vertex.made_from.append(before)
        else:
            vertex.made_from.append(_grow(sagemaker, source, association, seen, described))
    if is_component:
        vertex.made_from.sort(key=_rank)
        vertex.made_from += _beside(sagemaker, described, seen)
    return vertex


def _rank(vertex: Vertex) -> tuple[int, str]:
    return (ORDER.index(vertex.kind) if vertex.kind in ORDER else len(ORDER), vertex.name)


def _leading_to(sagemaker: Any, arn: str) -> list[tuple[str, str]]:
    pages = sagemaker.get_paginator("list_associations").paginate(
        DestinationArn=arn, SortBy="CreationTime", SortOrder="Ascending"
    )
    return [
        (summary["SourceArn"], summary["AssociationType"])
        for page in pages
        for summary in page["AssociationSummaries"]
    ]


def _beside(sagemaker: Any, component: Description, seen: dict[str, Vertex]) -> list[Vertex]:
    """What was logged by hand in the component's trials, and led to it without an artifact that says so."""
    found = []
    trials = sagemaker.list_trials(TrialComponentName=component["TrialComponentName"])["TrialSummaries"]
    for trial in trials:
        summaries = sagemaker.list_trial_components(
            TrialName=trial["TrialName"],
            SortBy="CreationTime",
            SortOrder="Ascending",
            MaxResults=BESIDE_LIMIT,
        )["TrialComponentSummaries"]
        for summary in summaries:
            by_hand = "TrialComponentSource" not in summary
            earlier = summary["CreationTime"] <= component["CreationTime"]
            if by_hand and earlier and summary["TrialComponentArn"] not in seen:
                edge = f"in trial {trial['TrialName']}"
                found.append(_grow(sagemaker, summary["TrialComponentArn"], edge, seen, component))
    return found


def _described(sagemaker: Any, arn: str, edge: str, reader: Description) -> tuple[Description, Vertex]:
    """reader: the component that the vertex leads to, which knows the script's name."""
    described: Description
    name: str
    kind = kind_of(arn)
    if kind == "experiment-trial-component":
        described = sagemaker.describe_trial_component(TrialComponentName=arn)
        return described, _component(described, edge)
    if kind == "artifact":
        described = sagemaker.describe_artifact(ArtifactArn=arn)
        kind, name = described["ArtifactType"], described.get("ArtifactName") or ""
        if kind == "Code":
            # A processing job's script is an input named "code"; the file says more.
            name = described["Source"]["SourceUri"].rstrip("/").rpartition("/")[2]
            name = str(parameters_of(reader).get("sagemaker_program", name)).strip('"')
    elif kind == "action":
        described = sagemaker.describe_action(ActionName=arn.rpartition("/")[2])
        kind, name = described["ActionType"], described["ActionName"]
    else:
        described = sagemaker.describe_context(ContextName=arn.rpartition("/")[2])
        kind, name = described["ContextType"], described["ContextName"]
    uri = described["Source"]["SourceUri"]
    return described, Vertex(
        arn, str(KINDS.get(kind, kind)), name, edge, uri, created=_local(described["CreationTime"])
    )


def _component(described: Description, edge: str) -> Vertex:
    source = described.get("Source", {}).get("SourceArn", "")
    job = JOBS.get(kind_of(source))
    shown = {
        key: value
        for key, value in parameters_of(described).items()
        if key not in SCRIPT_MODE and not key.startswith("SageMaker.")
    }
    name = str(described.get("DisplayName", described["TrialComponentName"]))
    return Vertex(
        described["TrialComponentArn"],
        job or "component",
        source.rpartition("/")[2] if job else name,
        edge,
        status=described.get("Status", {}).get("PrimaryStatus", ""),
        created=_local(described["CreationTime"]),
        parameters=shown,
        metrics={
            metric["MetricName"]: metric["Last"]
            for metric in described.get("Metrics", ())
            if "Last" in metric
        },
    )


def _local(at: Any) -> str:
    return str(at.astimezone().strftime("%Y-%m-%d %H:%M:%S"))
