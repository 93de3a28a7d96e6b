"""What Search can search, and what it returns of each record.

The kinds of ``clary.kinds`` with search members can be searched, and the resources in the table below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clary.kinds.catalogue import all_kinds
from clary.kinds.endpoint.serving import serving_endpoints
from clary.kinds.serving_entities import MODEL
from clary.kinds.transform_job import KIND as TRANSFORM_JOB
from clary.services.sagemaker._answered import answered
from clary.services.sagemaker.experiments._component_metrics import component_metrics
from clary.services.sagemaker.registry._found import GROUP, MODEL_PACKAGE
from clary.store.attribute_index.joined import COMPONENT
from clary.store.links import LinkKind, select_targets
from clary.store.paging import ListQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clary.services.context import Context, Document
    from clary.store.attribute_index import FoundRecord


@dataclass(frozen=True, slots=True)
class Resource:
    """One value of ``Resource`` in a request.

    kind: the record kind. answer: the member of a result that holds the record.
    members: the first parts of property names, from the shape of the record in the model. The components of a
    trial and the job of a component are left out: they are searched as resources of their own.
    complete: adds to the records of a page what lies outside of their documents.
    within: the member of a result below which the record lies, if it is no result itself. A property name may
    begin with it.
    """

    kind: str
    answer: str
    members: frozenset[str]
    complete: Callable[[Context, Sequence[FoundRecord]], list[Document]]
    tails: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(member, the last parts that a property name below it may have)."""
    within: str = ""


def _with_tags(ctx: Context, records: Sequence[FoundRecord]) -> list[Document]:
    return [_whole(ctx, record.document, record.arn) for record in records]


def _whole(ctx: Context, document: Document, arn: str) -> Document:
    return {**answered(_kind_of(arn), document), "Tags": _tags(ctx, arn)}


def _trials(ctx: Context, records: Sequence[FoundRecord]) -> list[Document]:
    found = _with_tags(ctx, records)
    for trial, record in zip(found, records, strict=True):
        its_own = ListQuery(COMPONENT, names=select_targets(LinkKind.COMPONENT, record.name))
        components = ctx.records.page(its_own, limit=MANY).documents
        trial["TrialComponentSummaries"] = [
            {**component, "TrialComponentSource": component.get("Source")} for component in components
        ]
    return found


def _components(ctx: Context, records: Sequence[FoundRecord]) -> list[Document]:
    found = _with_tags(ctx, records)
    parents = _parents(ctx, [record.name for record in records])
    for component, record in zip(found, records, strict=True):
        component["Parents"] = parents.get(record.name, [])
        component["Metrics"] = list(component_metrics(ctx, record.document))
        if "Source" in record.document:
            component["SourceDetail"] = _source_detail(ctx, record.document["Source"])
    return found


def _parents(ctx: Context, components: Sequence[str]) -> dict[str, list[Document]]:
    trials = ctx.links.to_each(LinkKind.COMPONENT, components)
    experiments = ctx.links.to_each(LinkKind.TRIAL, sorted({link.source for link in trials}))
    experiment_of = {link.target: link.source for link in experiments}
    found: dict[str, list[Document]] = {}
    for link in trials:
        parent = {"TrialName": link.source, "ExperimentName": experiment_of.get(link.source)}
        found.setdefault(link.target, []).append(parent)
    return found


def _source_detail(ctx: Context, source: Document) -> Document:
    """``SourceDetail`` of a component.

    source: SourceArn and SourceType, which is ``SageMaker`` and the name of the member that holds the job.
    """
    arn = source["SourceArn"]
    detail: Document = {"SourceArn": arn}
    record = ctx.records.find_by_arn(arn)
    if record is not None:
        detail[source["SourceType"].removeprefix("SageMaker")] = _whole(ctx, record, arn)
    return detail


def _models(ctx: Context, records: Sequence[FoundRecord]) -> list[Document]:
    """Models with the endpoints that serve them now, and the last transform job of each."""
    served = serving_endpoints(ctx.records)
    return [
        {
            "Model": model,
            "Endpoints": served.get(model["ModelName"], []),
            **_last_transform(ctx, model["ModelName"]),
        }
        for model in _with_tags(ctx, records)
    ]


def _last_transform(ctx: Context, model: str) -> Document:
    newest = ListQuery(TRANSFORM_JOB.record_kind, members=(("ModelName", model),))
    found = ctx.records.page(newest, limit=1).documents
    return {"LastBatchTransformJob": TRANSFORM_JOB.answered(found[0])} if found else {}


def _kind_of(arn: str) -> str:
    return arn.partition("/")[0].rpartition(":")[2]


def _tags(ctx: Context, arn: str) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in ctx.tags.get(arn).items()]


MANY = 1_000_000
"""The limit of a list that has no limit."""

_OF_ALL = "Tags CreationTime LastModifiedTime"
_OF_ENTITIES = f"{_OF_ALL} DisplayName Source CreatedBy LastModifiedBy"

_ENTITIES = {
    "Experiment": Resource(
        "experiment",
        "Experiment",
        frozenset(f"{_OF_ENTITIES} ExperimentName ExperimentArn Description".split()),
        _with_tags,
    ),
    "ExperimentTrial": Resource(
        "experiment-trial",
        "Trial",
        frozenset(f"{_OF_ENTITIES} TrialName TrialArn ExperimentName MetadataProperties".split()),
        _trials,
    ),
    "ExperimentTrialComponent": Resource(
        COMPONENT,
        "TrialComponent",
        frozenset(
            f"""{_OF_ENTITIES} TrialComponentName TrialComponentArn Status StartTime EndTime Parameters
            InputArtifacts OutputArtifacts Metrics MetadataProperties LineageGroupArn Parents
            RunName""".split()
        ),
        _components,
        tails=(
            ("Metrics", ("Max", "Min", "Avg", "Last", "Count", "StdDev")),
            ("Parameters", ("NumberValue", "StringValue")),
            ("InputArtifacts", ("Value", "MediaType")),
            ("OutputArtifacts", ("Value", "MediaType")),
        ),
    ),
    "Model": Resource(
        MODEL.kind,
        "Model",
        frozenset(
            f"""{_OF_ALL} ModelName ModelArn PrimaryContainer Containers InferenceExecutionConfig
            ExecutionRoleArn VpcConfig EnableNetworkIsolation DeploymentRecommendation""".split()
        ),
        _models,
        within="Model",
    ),
    "ModelPackage": Resource(
        MODEL_PACKAGE,
        "ModelPackage",
        frozenset(
            f"""{_OF_ALL} ModelPackageName ModelPackageGroupName ModelPackageVersion
            ModelPackageRegistrationType ModelPackageArn ModelPackageDescription InferenceSpecification
            SourceAlgorithmSpecification ValidationSpecification ModelPackageStatus
            ModelPackageStatusDetails CertifyForMarketplace ModelApprovalStatus CreatedBy
            MetadataProperties ModelMetrics LastModifiedBy ApprovalDescription Domain Task
            SamplePayloadUrl AdditionalInferenceSpecifications SourceUri SecurityConfig ModelCard
            ModelLifeCycle CustomerMetadataProperties DriftCheckBaselines SkipModelValidation""".split()
        ),
        _with_tags,
    ),
    "ModelPackageGroup": Resource(
        GROUP.kind,
        "ModelPackageGroup",
        frozenset(
            f"""{_OF_ALL} ModelPackageGroupName ModelPackageGroupArn ModelPackageGroupDescription CreatedBy
            ModelPackageGroupStatus""".split()
        ),
        _with_tags,
    ),
}


def resources() -> dict[str, Resource]:
    """All resources, by the ``Resource`` of a request."""
    jobs = {
        kind.noun: Resource(kind.record_kind, kind.noun, kind.search_members, _with_tags)
        for kind in all_kinds().values()
        if kind.search_members
    }
    return {**jobs, **_ENTITIES}
