"""The lineage of models, model packages and endpoints, in the entities that AWS makes of them.

    image, model data, package ── ContributedTo ──> model ─┐
    model data, package ───────────────────────────────────┴─ ContributedTo ──> deployment (action)
    deployment ── AssociatedWith ──> endpoint (context)

    image, model data ── ContributedTo ──> package ── AssociatedWith ──> group (context)
    approval (action) ── ContributedTo ──> package

Models and packages are artifacts of type Model, whose SourceUri is their ARN. What a training job wrote is
the model data, so everything behind it is reached from an endpoint too. All entities stay when their
resource is deleted, as components do. Every call may be repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from clary.domain.arns import sagemaker_arn
from clary.store.component_artifacts import automatic_artifact
from clary.store.derivation_rows import DERIVED_FROM, PRODUCED
from clary.store.lineage import Lineage, location
from clary.store.links import LinkKind

from .entities import ACTION, CONTEXT, EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clary.store.links import Links
    from clary.store.records import Records

Document = dict[str, Any]

MODEL_TYPE, IMAGE_TYPE = "Model", "Image"
APPROVAL, DEPLOYMENT, ENDPOINT, MODEL_GROUP = "Approval", "ModelDeployment", "Endpoint", "ModelGroup"
"""Types of actions and contexts, by which the SDKs ask for them."""

ASSOCIATED, CONTRIBUTED = "AssociatedWith", "ContributedTo"
UNDER_WAY, DONE, FAILED, STOPPED = "InProgress", "Completed", "Failed", "Stopped"


class LineageStores(Protocol):
    """The stores of a request, or of the loop."""

    @property
    def records(self) -> Records: ...
    @property
    def links(self) -> Links: ...
    @property
    def region(self) -> str: ...
    @property
    def account(self) -> str: ...


def follow_model(stores: LineageStores, model_arn: str, containers: Sequence[Document]) -> None:
    """Makes the artifact of a new model, or gives that of an earlier model of this name its data."""
    with stores.links.changing:
        target = _lineage(stores).ensure(_of_arn(model_arn))
        _lineage(stores).made_from(target, [*_images(containers), *_origins(containers)])


def forget_model(stores: LineageStores, model_arn: str) -> None:
    """Removes the artifact of a deleted model, unless something followed from it."""
    lineage = _lineage(stores)
    with stores.links.changing:
        arn = lineage.artifact_arn({"SourceUri": model_arn})
        artifact = stores.records.find_by_arn(arn)
        if artifact is None or stores.links.any_from(LinkKind.ASSOCIATION, arn):
            return
        lineage.made_from(arn, [])
        if lineage.is_alone(arn):
            lineage.remove_artifact(artifact)


def follow_group(stores: LineageStores, group: Document) -> None:
    """Makes the context of a model package group."""
    with stores.links.changing:
        _context(
            stores,
            _group_context(group["ModelPackageGroupName"]),
            MODEL_GROUP,
            group["ModelPackageGroupArn"],
            group,
        )


def follow_package(stores: LineageStores, package: Document) -> None:
    """Updates the artifact of a model package: what it was made from, its group, its approval."""
    lineage = _lineage(stores)
    specification = package.get("InferenceSpecification", {})
    containers = specification.get("Containers", [])
    with stores.links.changing:
        target = lineage.ensure(_of_arn(package["ModelPackageArn"]))
        lineage.made_from(target, [*_images(containers), *_origins(containers)])
        if "ModelPackageGroupName" not in package:
            return
        context = _arn(stores, CONTEXT, _group_context(package["ModelPackageGroupName"]))
        if stores.records.find_by_arn(context) is not None:
            _associate(stores, target, context, ASSOCIATED)
        _associate(stores, _approval(stores, package), target, CONTRIBUTED)


def follow_endpoint(stores: LineageStores, endpoint: Document) -> None:
    """Updates the context of an endpoint, and the action of each deployment that it has begun."""
    arn, name = endpoint["EndpointArn"], endpoint["EndpointName"]
    present: dict[str, Document] = {
        f"{name}-{int(endpoint['CreationTime'])}-{generation['Id']}-aws-endpoint": generation
        for generation in endpoint.get("_Generations", ())
    }
    with stores.links.changing:
        context = _context(stores, f"{name}-aws-endpoint", ENDPOINT, arn, endpoint)
        for action_name, generation in present.items():
            status = _status_of(endpoint, generation)
            action = _action(stores, action_name, DEPLOYMENT, arn, endpoint, status)
            _lineage(stores).made_from(action, list(_deployed(stores, generation)))
            if status == DONE:
                _associate(stores, action, context, ASSOCIATED)
        for action_name in stores.links.targets(LinkKind.LOCATION, location(ACTION.kind, arn)):
            if action_name not in present:
                _end(stores, action_name, FAILED)


def follow_copy(stores: LineageStores, uri: str, content: str) -> None:
    """Tells from which job's model the model data at a URI was copied, if that is known.

    content: identifies the model. Nothing is told of data that a job wrote.
    """
    lineage = _lineage(stores)
    with stores.links.changing:
        own = lineage.artifact_arn({"SourceUri": uri})
        if any(link.label == PRODUCED for link in stores.links.to_each(LinkKind.ASSOCIATION, [own])):
            return
        arns = [
            lineage.artifact_arn({"SourceUri": origin})
            for origin in stores.links.targets(LinkKind.CONTENT, content)
        ]
        known = [artifact for arn in arns if arn != own and (artifact := stores.records.find_by_arn(arn))]
        if not known:
            return
        newest = max(known, key=lambda artifact: float(artifact["CreationTime"]))
        lineage.ensure(automatic_artifact(uri, MODEL_TYPE))
        # Without the mark of automatic edges: those follow from the folders of components.
        stores.links.add(
            LinkKind.ASSOCIATION,
            str(newest["ArtifactArn"]),
            own,
            label=DERIVED_FROM,
            attributes={"Content": content},
        )


def _status_of(endpoint: Document, generation: Document) -> str:
    if generation.get("Failed"):
        return FAILED
    if generation["State"] != "starting":
        return DONE
    return {"Failed": FAILED, "Deleting": STOPPED}.get(endpoint["EndpointStatus"], UNDER_WAY)


def _deployed(stores: LineageStores, generation: Document) -> Iterator[Document]:
    for variant in [*generation.get("Variants", ()), *generation.get("ShadowVariants", ())]:
        yield _of_arn(sagemaker_arn(stores.region, stores.account, "model", variant["ModelName"]))
        yield from _origins(variant["Containers"])


def _images(containers: Iterable[Document]) -> Iterator[Document]:
    for container in containers:
        if "Image" in container:
            yield automatic_artifact(container["Image"], IMAGE_TYPE)


def _origins(containers: Iterable[Document]) -> Iterator[Document]:
    """The data that containers load; a package stands for the data that it has itself."""
    for container in containers:
        if "ModelPackageName" in container:
            yield _of_arn(container["ModelPackageName"])
        else:
            yield from (automatic_artifact(uri, MODEL_TYPE) for uri in _data_of(container))


def _data_of(container: Document) -> Iterator[str]:
    if "ModelDataUrl" in container:
        yield container["ModelDataUrl"]
    sources = [container.get("ModelDataSource", {}), *container.get("AdditionalModelDataSources", ())]
    yield from (source["S3DataSource"]["S3Uri"] for source in sources if "S3DataSource" in source)


def _of_arn(arn: str) -> Document:
    """The artifact of a model or a model package."""
    return automatic_artifact(arn, MODEL_TYPE, arn.partition("/")[2])


def _approval(stores: LineageStores, package: Document) -> str:
    """The action of the present approval status of a version."""
    status = package["ModelApprovalStatus"]
    group, version = package["ModelPackageGroupName"], package["ModelPackageVersion"]
    prefix = f"{group}-{version}-{status}-"
    arn = package["ModelPackageArn"]
    actions = stores.links.targets(LinkKind.LOCATION, location(ACTION.kind, arn))
    known = [action for name in actions if (action := stores.records.find(ACTION.kind, name)) is not None]
    last = max(known, key=lambda action: float(action["CreationTime"]), default={})
    if str(last.get("ActionName", "")).startswith(prefix):
        return str(last["ActionArn"])
    name = f"{prefix}{int(package['LastModifiedTime'])}-aws-model-group"
    return _action(stores, name, APPROVAL, arn, package, DONE)


def _group_context(group: str) -> str:
    return f"{group}-aws-model-group"


def _context(stores: LineageStores, name: str, kind: str, uri: str, resource: Document) -> str:
    return _insert(stores, CONTEXT, name, {"ContextType": kind, **_common(uri, resource)})


def _action(stores: LineageStores, name: str, kind: str, uri: str, resource: Document, status: str) -> str:
    members = {"ActionType": kind, "Status": status, **_common(uri, resource)}
    arn = _insert(stores, ACTION, name, members, status=status)
    if status != UNDER_WAY:
        _end(stores, name, status)
    return arn


def _end(stores: LineageStores, action_name: str, status: str) -> None:
    """Writes the last status of an action that has none."""
    action = stores.records.find(ACTION.kind, action_name)
    if action is not None and action.get("Status") == UNDER_WAY:
        stores.records.update(ACTION.kind, action_name, {"Status": status}, status=status)


def _common(uri: str, resource: Document) -> Document:
    author = resource.get("LastModifiedBy") or (
        {"IamIdentity": {"Arn": resource["_Owner"]}} if "_Owner" in resource else {}
    )
    return {
        "Source": {"SourceUri": uri, "SourceType": "ARN"},
        "CreatedBy": author,
        "LastModifiedBy": author,
        "_Automatic": True,
    }


def _insert(
    stores: LineageStores, entity: EntityKind, name: str, members: Document, *, status: str = ""
) -> str:
    """Stores an entity unless there is one of this name; returns its ARN. Call it in ``Links.changing``."""
    arn = _arn(stores, entity, name)
    if stores.records.find_by_arn(arn) is not None:
        return arn
    record = {entity.name_member: name, entity.arn_member: arn, **members}
    stores.records.insert(entity.kind, name, record, arn=arn, status=status)
    place = location(entity.kind, members["Source"]["SourceUri"])
    stores.links.add(LinkKind.LOCATION, place, name)
    return arn


def _arn(stores: LineageStores, entity: EntityKind, name: str) -> str:
    return sagemaker_arn(stores.region, stores.account, entity.kind, name)


def _associate(stores: LineageStores, source: str, target: str, label: str) -> None:
    stores.links.add(LinkKind.ASSOCIATION, source, target, label=label, attributes={"Automatic": True})


def _lineage(stores: LineageStores) -> Lineage:
    return Lineage(stores.records, stores.links, stores.region, stores.account)
