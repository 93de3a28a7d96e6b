"""Lineage: what was made from what. Artifacts are vertices, trial components too; associations are edges.

    dataset, image, code  ── ContributedTo ──>  trial component  ── Produced ──>  model, dataset

An artifact is known by where it lies: what one component wrote and another read is one vertex, and that
is how the way from a model back to its data is found. What lies in a folder that a component wrote comes
from that folder (``derivations.py``). What follows here from the artifacts of a
component comes and goes with them; what a caller made by hand stays until a caller deletes it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson

from clary.domain.arns import Arn, sagemaker_arn

from .derivation_rows import CONTRIBUTED_TO, PRODUCED
from .derivations import Derivations
from .links import LinkKind
from .records import RecordExists, RecordMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .links import Link, Links
    from .records import Records

Document = dict[str, Any]

ARTIFACT = "artifact"

MODEL_OUTPUT = "SageMaker.ModelArtifact"
IMAGE_INPUT = "SageMaker.ImageUri"
DEBUG_OUTPUT = "SageMaker.DebugHookOutput"
CHECKPOINT = "SageMaker.Checkpoint"
"""Names that a job's component gives its artifacts."""

CODE_INPUTS = ("code", "entrypoint")
"""Names that the SDK gives the inputs a processing job finds its code in."""

SOURCE_CODE = "sagemaker_submit_directory"
"""The parameter in which script mode says where its source is."""

NAME_LIMIT = 120


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
        """Keeps a new artifact; answers its ARN. Raises RecordExists when one of that Source is there.

        artifact: ``Source`` and whatever else Describe answers.
        """
        name = artifact_id(artifact["Source"])
        arn = self.artifact_arn(artifact["Source"])
        self._records.insert(ARTIFACT, name, {**artifact, "ArtifactArn": arn}, arn=arn)
        self._links.add(LinkKind.LOCATION, location(ARTIFACT, artifact["Source"]["SourceUri"]), name)
        return arn

    def artifact_arn(self, source: Mapping[str, Any]) -> str:
        return sagemaker_arn(self._region, self._account, ARTIFACT, artifact_id(source))

    def remove_artifact(self, artifact: Document) -> None:
        """Raises RecordMissing."""
        name = artifact_id(artifact["Source"])
        self._records.delete(ARTIFACT, name)
        self._links.remove(LinkKind.LOCATION, location(ARTIFACT, artifact["Source"]["SourceUri"]), name)

    def follow(self, component: Document, *, again: bool = False) -> None:
        """Makes the surroundings of a component what its artifacts and its source code say.

        again: whether a call may have been cut short before, so that what is there may lack its folders.
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

    def follow_caller(self, *ends: Document) -> None:
        """After a caller has made or taken away an edge between two vertices, of which ``ends`` are there.

        An artifact that a caller tells apart by SourceTypes takes the place of the one of its URI alone: for
        the component it is associated with, and for all that read what that component wrote.
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
        """Takes a component out: its associations, and automatic artifacts that were there for it alone."""
        with self._links.changing:
            gone = {(link.source, link.target) for link in self._around(arn)}
            places = self._places(arn, gone)
            self._links.remove_all(LinkKind.ASSOCIATION, arn)
            self._tidy(arn, gone, places)

    def is_alone(self, arn: str) -> bool:
        """Whether no association begins or ends there."""
        return not (
            self._links.any_from(LinkKind.ASSOCIATION, arn) or self._links.any_to(LinkKind.ASSOCIATION, arn)
        )

    def _around(self, arn: str) -> list[Link]:
        return [
            *self._links.from_each(LinkKind.ASSOCIATION, [arn]),
            *self._links.to_each(LinkKind.ASSOCIATION, [arn]),
        ]

    def _places(self, arn: str, edges: set[tuple[str, str]]) -> list[tuple[str, bool]]:
        """Where the artifacts lie that a component has edges with, each with whether it read there."""
        ends = [(source, True) if target == arn else (target, False) for source, target in edges]
        found = [(self._records.find_by_arn(end) or {}, is_input) for end, is_input in ends]
        return [(each["Source"]["SourceUri"], is_input) for each, is_input in found if "ArtifactArn" in each]

    def _tidy(self, arn: str, gone: set[tuple[str, str]], places: list[tuple[str, bool]]) -> None:
        """After edges of a component have come and gone: folders and what came out of them, then orphans."""
        loose = self._derivations.settle(
            [uri for uri, is_input in places if is_input], [uri for uri, is_input in places if not is_input]
        )
        for end in loose.union(*gone) - {arn}:
            self._drop_orphan(end)

    def _told_by_caller(self, arn: str) -> set[tuple[str, bool]]:
        """Where the artifacts lie that a caller has associated a component with; True where it reads."""
        made = {(link.source, link.target) for link in self._around(arn) if not is_automatic(link)}
        return {(location(ARTIFACT, uri), is_input) for uri, is_input in self._places(arn, made)}

    def _edge(self, component_arn: str, artifact: Document, is_input: bool) -> tuple[str, str]:
        arn = self._vertex_at(artifact["Source"]["SourceUri"])
        return (arn, component_arn) if is_input else (component_arn, arn)

    def _vertex_at(self, uri: str) -> str:
        """The artifact of what lies at ``uri``: one that a caller says a component wrote, if there is any."""
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
    """Whether an association follows from what a component says, and no caller has made it."""
    return bool(link.attributes.get("Automatic"))


def artifact_id(source: Mapping[str, Any]) -> str:
    """The name in the ARN of an artifact: the same for the same Source, in whatever order it is spelled.

    A folder is one with and without its last slash.
    """
    types = sorted([kind["SourceIdType"], kind["Value"]] for kind in source.get("SourceTypes", ()))
    return hashlib.sha256(orjson.dumps([source["SourceUri"].rstrip("/"), types])).hexdigest()[:32]


def location(kind: str, uri: str) -> str:
    """Where the LOCATION links of the records of a kind begin that tell of what lies at ``uri``."""
    return f"{kind} {uri.rstrip('/')}"


def lineage_type(arn: str) -> str | None:
    """What kind of vertex an ARN names; None when it can't be one."""
    try:
        resource = Arn.parse(arn).resource
    except ValueError:
        return None
    return _LINEAGE_TYPES.get(resource.partition("/")[0])


def artifacts_of(component: Document) -> Iterator[tuple[Document, bool]]:
    """Every artifact that a component read (True) or wrote (False), where it says where that lies."""
    for key, value in component.get("InputArtifacts", {}).items():
        if key == IMAGE_INPUT:
            yield _artifact(value["Value"], "Image"), True
        elif value["Value"].startswith("s3://"):
            yield _artifact(value["Value"], "Code" if key in CODE_INPUTS else "DataSet", key), True
    code = source_code_of(component.get("Parameters", {}))
    if code:
        yield _artifact(code, "Code"), True
    for key, value in component.get("OutputArtifacts", {}).items():
        # Debug output goes into a folder that jobs share: no vertex between them.
        if value["Value"].startswith("s3://") and key != DEBUG_OUTPUT:
            kind = "Model" if key == MODEL_OUTPUT else "DataSet"
            yield _artifact(value["Value"], kind, "" if kind == "Model" else key), False


def source_code_of(parameters: Document) -> str:
    """Where script mode found its source, in S3; empty when there was none."""
    spelled = parameters.get(SOURCE_CODE, {}).get("StringValue", "")
    uri = spelled.strip('"')
    return uri if uri.startswith("s3://") else ""


def _artifact(uri: str, kind: str, name: str = "") -> Document:
    last = uri.rstrip("/").rpartition("/")[2]
    return {
        "Source": {"SourceUri": uri},
        "ArtifactType": kind,
        "ArtifactName": (name or last or uri)[:NAME_LIMIT],
    }


_LINEAGE_TYPES = {
    "experiment-trial-component": "TrialComponent",
    ARTIFACT: "Artifact",
    "action": "Action",
    "context": "Context",
}
