"""Lineage: the graph of what was made from what.

Artifacts and trial components are its vertices, associations its edges.

    dataset, image, code  ── ContributedTo ──>  trial component  ── Produced ──>  model, dataset

An artifact is identified by its URI: what one component writes and another reads is one vertex, so a model
can be traced to its data. A file in a folder that a component wrote comes from that folder
(``derivations.py``). Automatic associations follow from the artifacts of a component, and are removed with
them; an association that a caller made stays until a caller deletes it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.arns import Arn, sagemaker_arn

from .component_artifacts import artifacts_of
from .derivation_rows import CONTRIBUTED_TO, PRODUCED
from .derivations import Derivations
from .links import LinkKind
from .records import RecordExists, RecordMissing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .links import Link, Links
    from .records import Records

Document = dict[str, Any]

ARTIFACT = "artifact"


class Lineage:
    """Keeps artifacts and associations. Every call may be repeated."""

    def __init__(self, records: Records, links: Links, region: str, account: str) -> None:
        self._records = records
        self._links = links
        self._region = region
        self._account = account
        self._derivations = Derivations(
            links, lambda uri: self.artifact_arn({"SourceUri": uri}), lambda uri: location(ARTIFACT, uri)
        )

    def add_artifact(self, artifact: Document) -> str:
        """Stores a new artifact and returns its ARN. Raises RecordExists when there is one with that Source.

        artifact: ``Source`` and the other members that Describe answers.
        """
        name = artifact_id(artifact["Source"])
        arn = self.artifact_arn(artifact["Source"])
        self._records.insert(ARTIFACT, name, {**artifact, "ArtifactArn": arn}, arn=arn)
        self._links.add(LinkKind.LOCATION, location(ARTIFACT, artifact["Source"]["SourceUri"]), name)
        return arn

    def artifact_arn(self, source: Mapping[str, Any]) -> str:
        return sagemaker_arn(self._region, self._account, ARTIFACT, artifact_id(source))

    def remove_artifact(self, artifact: Document) -> None:
        """Removes an artifact. Raises RecordMissing."""
        name = artifact_id(artifact["Source"])
        self._records.delete(ARTIFACT, name)
        self._links.remove(LinkKind.LOCATION, location(ARTIFACT, artifact["Source"]["SourceUri"]), name)

    def follow(self, component: Document, *, again: bool = False) -> None:
        """Updates the automatic associations of a component from its artifacts and its source code.

        again: also update the folders of artifacts that have not changed, because a call before may have
        been cut short.
        """
        arn = component["TrialComponentArn"]
        with self._links.changing:
            if self._records.find_by_arn(arn) is None:
                return
            before = {(link.source, link.target) for link in self._around(arn) if is_automatic(link)}
            told_by_caller = self._told_by_caller(arn)
            wanted = {
                self._edge(arn, artifact, is_input): (artifact, is_input)
                for artifact, is_input in artifacts_of(component)
                if (location(ARTIFACT, artifact["Source"]["SourceUri"]), is_input) not in told_by_caller
            }
            gone, new = before - wanted.keys(), wanted.keys() - before
            places = self._places(arn, gone)
            for source, target in gone:
                self._links.remove(LinkKind.ASSOCIATION, source, target)
            for edge in new:
                artifact, is_input = wanted[edge]
                if self.artifact_arn(artifact["Source"]) in edge:
                    self._ensure(artifact)
                self._links.add(
                    LinkKind.ASSOCIATION,
                    *edge,
                    label=CONTRIBUTED_TO if is_input else PRODUCED,
                    attributes={"Automatic": True},
                )
            told = [wanted[edge] for edge in (wanted if again else new)]
            places += [(artifact["Source"]["SourceUri"], is_input) for artifact, is_input in told]
            self._tidy(arn, gone, places)

    def made_from(self, target: str, artifacts: Sequence[Document]) -> None:
        """Updates the automatic associations from artifacts to what was made from them.

        target: an artifact or an action that exists. artifacts: ``Source``, ``ArtifactType`` and so on.
        """
        with self._links.changing:
            before = {
                (link.source, link.target)
                for link in self._links.to_each(LinkKind.ASSOCIATION, [target])
                if is_automatic(link) and link.label == CONTRIBUTED_TO and _is_artifact(link.source)
            }
            wanted = {
                (self._vertex_at(artifact["Source"]["SourceUri"]), target): artifact for artifact in artifacts
            }
            gone, new = before - wanted.keys(), wanted.keys() - before
            places = self._places(target, gone)
            for edge in gone:
                self._links.remove(LinkKind.ASSOCIATION, *edge)
            for edge in sorted(new):
                self._contribute(wanted[edge], *edge)
            places += [(wanted[edge]["Source"]["SourceUri"], True) for edge in new]
            self._tidy(target, gone, places)

    def _contribute(self, artifact: Document, source: str, target: str) -> None:
        if self.artifact_arn(artifact["Source"]) == source:
            self._ensure(artifact)
        self._links.add(
            LinkKind.ASSOCIATION, source, target, label=CONTRIBUTED_TO, attributes={"Automatic": True}
        )

    def follow_caller(self, *ends: Document) -> None:
        """Updates associations after a caller has added or deleted one between vertices.

        ends: the records of the two vertices that exist. An artifact with SourceTypes replaces the automatic
        artifact of its URI: for the component it is associated with, and for all readers of that URI.
        """
        components = [end for end in ends if "TrialComponentArn" in end]
        artifacts = [end for end in ends if "ArtifactArn" in end and end["Source"].get("SourceTypes")]
        for artifact in artifacts:
            arns = self._at(artifact["Source"]["SourceUri"])
            around = [link for arn in arns for link in self._around(arn) if is_automatic(link)]
            others = {end for link in around for end in (link.source, link.target)} - set(arns)
            components += [record for arn in sorted(others) if (record := self._records.find_by_arn(arn))]
        for component in components if artifacts else ():
            if "TrialComponentArn" in component:
                self.follow(component)

    def forget(self, arn: str) -> None:
        """Removes the associations of a component, and automatic artifacts that have no other association."""
        with self._links.changing:
            gone = {(link.source, link.target) for link in self._around(arn)}
            places = self._places(arn, gone)
            self._links.remove_all(LinkKind.ASSOCIATION, arn)
            self._tidy(arn, gone, places)

    def is_alone(self, arn: str) -> bool:
        """Whether a vertex has no association."""
        return not (
            self._links.any_from(LinkKind.ASSOCIATION, arn) or self._links.any_to(LinkKind.ASSOCIATION, arn)
        )

    def _around(self, arn: str) -> list[Link]:
        return [
            *self._links.from_each(LinkKind.ASSOCIATION, [arn]),
            *self._links.to_each(LinkKind.ASSOCIATION, [arn]),
        ]

    def _places(self, arn: str, edges: set[tuple[str, str]]) -> list[tuple[str, bool]]:
        """Returns the URI of each artifact of a component's associations, and whether it is read."""
        ends = [(source, True) if target == arn else (target, False) for source, target in edges]
        found = [(self._records.find_by_arn(end) or {}, is_input) for end, is_input in ends]
        return [(each["Source"]["SourceUri"], is_input) for each, is_input in found if "ArtifactArn" in each]

    def _tidy(self, arn: str, gone: set[tuple[str, str]], places: list[tuple[str, bool]]) -> None:
        """Updates folders after a component's associations have changed, and removes orphaned artifacts."""
        loose = self._derivations.settle(
            [uri for uri, is_input in places if is_input], [uri for uri, is_input in places if not is_input]
        )
        for end in loose.union(*gone) - {arn}:
            self._drop_orphan(end)

    def _told_by_caller(self, arn: str) -> set[tuple[str, bool]]:
        """Returns the location of each artifact that a caller has associated, and whether it is read."""
        made = {(link.source, link.target) for link in self._around(arn) if not is_automatic(link)}
        return {(location(ARTIFACT, uri), is_input) for uri, is_input in self._places(arn, made)}

    def _edge(self, component_arn: str, artifact: Document, is_input: bool) -> tuple[str, str]:
        arn = self._vertex_at(artifact["Source"]["SourceUri"])
        return (arn, component_arn) if is_input else (component_arn, arn)

    def _vertex_at(self, uri: str) -> str:
        """Returns the ARN of the artifact of a URI, first of all one that a caller says a component wrote."""
        written = [
            (link.created_at, arn)
            for arn in self._at(uri)
            for link in self._links.to_each(LinkKind.ASSOCIATION, [arn])
            if not is_automatic(link) and lineage_type(link.source) == "TrialComponent"
        ]
        return max(written)[1] if written else self.artifact_arn({"SourceUri": uri})

    def _at(self, uri: str) -> list[str]:
        names = self._links.targets(LinkKind.LOCATION, location(ARTIFACT, uri))
        return [sagemaker_arn(self._region, self._account, ARTIFACT, name) for name in names]

    def ensure(self, artifact: Document) -> str:
        """Stores an automatic artifact unless it is there; returns the ARN."""
        self._ensure(artifact)
        return self.artifact_arn(artifact["Source"])

    def _ensure(self, artifact: Document) -> None:
        try:
            self.add_artifact({**artifact, "_Automatic": True})
        except RecordExists:
            return

    def _drop_orphan(self, arn: str) -> None:
        record = self._records.find_by_arn(arn)
        if record is not None and record.get("_Automatic") and self.is_alone(arn):
            try:
                self.remove_artifact(record)
            except RecordMissing:
                return


def is_automatic(link: Link) -> bool:
    """Whether an association follows from the artifacts of a component, and no caller has made it."""
    return bool(link.attributes.get("Automatic"))


def artifact_id(source: Mapping[str, Any]) -> str:
    """Returns the name in the ARN of an artifact: it depends on the Source, not on the order of its types.

    A folder has the same name with and without its last slash.
    """
    types = sorted([kind["SourceIdType"], kind["Value"]] for kind in source.get("SourceTypes", ()))
    return hashlib.sha256(orjson.dumps([source["SourceUri"].rstrip("/"), types])).hexdigest()[:32]


def location(kind: str, uri: str) -> str:
    """Returns the source of the LOCATION links to records of a kind about a URI."""
    return f"{kind} {uri.rstrip('/')}"


def lineage_type(arn: str) -> str | None:
    """Returns the kind of vertex that an ARN names; None when it is not a vertex."""
    try:
        resource = Arn.parse(arn).resource
    except ValueError:
        return None
    return _LINEAGE_TYPES.get(resource.partition("/")[0])


def _is_artifact(arn: str) -> bool:
    return lineage_type(arn) == "Artifact"


_LINEAGE_TYPES = {
    "experiment-trial-component": "TrialComponent",
    ARTIFACT: "Artifact",
    "action": "Action",
    "context": "Context",
}
