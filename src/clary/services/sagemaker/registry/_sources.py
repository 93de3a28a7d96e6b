"""What the SourceUri of a new package stands for: a model to register, or a package to clone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import Arn, canonical_arn
from clary.domain.errors import Denied, ValidationError
from clary.kinds.entities import chosen
from clary.kinds.serving_entities import MODEL, containers_of

from ._found import MODEL_PACKAGE

if TYPE_CHECKING:
    from clary.services.context import Context, Document, Record

_CLONED = (
    "AdditionalInferenceSpecifications",
    "CustomerMetadataProperties",
    "Domain",
    "DriftCheckBaselines",
    "InferenceSpecification",
    "MetadataProperties",
    "ModelMetrics",
    "ModelPackageDescription",
    "SamplePayloadUrl",
    "Task",
)
_CONTAINER = (
    "AdditionalModelDataSources",
    "ContainerHostname",
    "Environment",
    "Image",
    "ModelDataSource",
    "ModelDataUrl",
)


def members_of_source(ctx: Context, uri: str) -> Document:
    """The members that a package has from its source; none if the URI names no model and no package.

    Raises ValidationError for one that does not exist, Denied for one that the caller may not describe.
    """
    try:
        kind = Arn.parse(uri).resource.partition("/")[0]
    except ValueError:
        return {}
    if kind == MODEL.kind:
        model = _described(ctx, uri, "Model")
        containers = [chosen(container, *_CONTAINER) for container in containers_of(model)]
        return {"InferenceSpecification": {"Containers": containers}}
    if kind == MODEL_PACKAGE:
        return chosen(_described(ctx, uri, "ModelPackage"), *_CLONED)
    return {}


def _described(ctx: Context, arn: str, noun: str) -> Record:
    action = f"sagemaker:Describe{noun}"
    if not ctx.may(action, canonical_arn(arn)):
        raise Denied(
            f"User: {ctx.caller.arn} is not authorized to perform: {action} on resource: {arn}, which "
            "SourceUri names"
        )
    found = ctx.records.find_by_arn(arn)
    if found is None:
        raise ValidationError(f"SourceUri is {arn}, which does not exist.")
    return found
