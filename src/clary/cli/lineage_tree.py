"""The lineage of a vertex as a tree: each vertex with those that lead to it, or with those that it leads to.

model ── Produced by ── training job ── ContributedTo by ── data, source, image
                                     └─ in the same trial ── components that callers logged, as preprocessing
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clary.cli.experiment_rows import SCRIPT_MODE, parameters_of
from clary.cli.input_changes import CHECKPOINT, CONTENT, SOURCE, change_since, contents_of, source_of
from clary.cli.origins import JOBS, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Description = dict[str, Any]

KINDS = {
    "Model": "model",
    "DataSet": "data",
    "Code": "source",
    "Image": "image",
    "Approval": "approval",
    "Endpoint": "endpoint",
    "ModelDeployment": "deployment",
    "ModelGroup": "model group",
}
ORDER = ("source", "image", "data", "model")
"""Order of the vertices that lead to one; other kinds follow."""

BESIDE_LIMIT = 100
"""The number of components of a trial that are searched for ones that a caller logged."""


@dataclass(slots=True)
class Vertex:
    """edge: the association to the vertex that this one leads to. again: its details are elsewhere.

    now: what has changed at its location since the job read it. came_of_it: the vertices made from it.
    """

    arn: str
    kind: str
    name: str
    edge: str = ""
    uri: str = ""
    status: str = ""
    created: str = ""
    ran: str = ""
    """The software that its image stood for, and the commit of its source if known."""
    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    again: bool = False
    now: str = ""
    made_from: list[Vertex] = field(default_factory=list)
    came_of_it: list[Vertex] = field(default_factory=list)


def lineage_tree(sagemaker: Any, arn: str, s3: Any) -> Vertex:
    """Returns a vertex with all that leads to it. A vertex with two paths has its details on the first."""
    return _Backward(sagemaker, s3).grow(arn, "")


def descent_tree(sagemaker: Any, arn: str) -> Vertex:
    """Returns a vertex with all that it leads to. A vertex with two paths has its details on the first."""
    return _descend(sagemaker, arn, "", {}, {})


class _Backward:
    def __init__(self, sagemaker: Any, s3: Any) -> None:
        self._sagemaker = sagemaker
        self._s3 = s3
        self._seen: dict[str, Vertex] = {}

    def grow(self, arn: str, edge: str, reader: Description | None = None) -> Vertex:
        """reader: the component that the vertex leads to, which knows the script's name."""
        if arn in self._seen:
            known = self._seen[arn]
            return Vertex(arn, known.kind, known.name, edge, known.uri, again=True)
        described, vertex = _described(self._sagemaker, arn, edge, reader or {})
        self._seen[arn] = vertex
        is_component = "TrialComponentArn" in described
        for source, association in _leading_to(self._sagemaker, arn):
            from_component = kind_of(source) == "experiment-trial-component"
            if association == "DerivedFrom" and is_component and from_component:
                # A job that was run again: the inputs of the new job are the same.
                _, before = _described(self._sagemaker, source, association, {})
                vertex.made_from.append(before)
            else:
                vertex.made_from.append(self.grow(source, association, described))
        if is_component:
            self._mark_changes(described, vertex.made_from)
            vertex.made_from.sort(key=_rank)
            beside = _beside(self._sagemaker, described, self._seen)
            for each, its_edge in beside:
                if each not in self._seen:
                    vertex.made_from.append(self.grow(each, its_edge, described))
        return vertex

    def _mark_changes(self, component: Description, inputs: list[Vertex]) -> None:
        """Sets ``now`` of inputs with known content: what has changed since the component's job read them."""
        contents = contents_of(component)
        since = component.get("StartTime") or component["CreationTime"]
        names = {value["Value"]: name for name, value in component.get("InputArtifacts", {}).items()}
        names[source_of({"HyperParameters": parameters_of(component)})] = SOURCE
        for each in inputs:
            name = names.get(each.uri, "")
            known = contents.get(CONTENT + name) or contents.get(name)
            if known:
                # The slash keeps out folders whose names begin alike.
                location = each.uri.rstrip("/") + "/" if name == CHECKPOINT else each.uri
                each.now = change_since(self._s3, location, since, known)


def _descend(sagemaker: Any, arn: str, edge: str, seen: dict[str, Vertex], before: Description) -> Vertex:
    if arn in seen:
        known = seen[arn]
        return Vertex(arn, known.kind, known.name, edge, known.uri, again=True)
    described, vertex = _described(sagemaker, arn, edge, before)
    seen[arn] = vertex
    for target, association in _led_to(sagemaker, arn):
        vertex.came_of_it.append(_descend(sagemaker, target, association, seen, described))
    return vertex


def _led_to(sagemaker: Any, arn: str) -> list[tuple[str, str]]:
    pages = sagemaker.get_paginator("list_associations").paginate(
        SourceArn=arn, SortBy="CreationTime", SortOrder="Ascending"
    )
    return [
        (summary["DestinationArn"], summary["AssociationType"])
        for page in pages
        for summary in page["AssociationSummaries"]
    ]


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


def _beside(sagemaker: Any, component: Description, seen: dict[str, Vertex]) -> list[tuple[str, str]]:
    """Returns (ARN, edge) of components that a caller logged earlier in the component's trials.

    No artifact connects them with the component.
    """
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
                found.append((summary["TrialComponentArn"], f"in trial {trial['TrialName']}"))
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
            # The script of a processing job is an input named "code"; its file name says more.
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
        ran=", ".join(_origin(described)),
        parameters=shown,
        metrics={
            metric["MetricName"]: metric["Last"]
            for metric in described.get("Metrics", ())
            if "Last" in metric
        },
    )


def _origin(described: Description) -> Iterator[str]:
    known = described.get("MetadataProperties", {})
    if "GeneratedBy" in known:
        yield known["GeneratedBy"]
    if "CommitId" in known:
        yield f"commit {known['CommitId']}"


def _local(at: Any) -> str:
    return str(at.astimezone().strftime("%Y-%m-%d %H:%M:%S"))
