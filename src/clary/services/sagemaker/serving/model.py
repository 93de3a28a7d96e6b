"""Models: one container, or a pipeline of them, with the data that each loads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.kinds.isolation import check_isolation
from clary.kinds.serving_entities import (
    MODEL,
    create_serving_entity,
    delete_serving_entity,
    find_serving_entity,
)
from clary.kinds.serving_lineage import follow_model, forget_model
from clary.services.sagemaker._answered import answered
from clary.services.sagemaker._listing import list_records

from ._containers import checked_containers

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateModelInputTypeDef,
        DeleteModelInputTypeDef,
        DescribeModelInputTypeDef,
        ListModelsInputTypeDef,
    )

    from clary.services.context import Context, Document


def create_model(ctx: Context, request: CreateModelInputTypeDef) -> Document:
    """Raises ValidationError for a taken name, and for what an endpoint could not serve."""
    if "ExecutionRoleArn" not in request:
        raise ValidationError(
            "ExecutionRoleArn is required: the containers of the model read their data and write their log "
            "with this role."
        )
    containers = checked_containers(ctx, request)
    if request.get("EnableNetworkIsolation"):
        for container in containers:
            check_isolation(ctx, "EnableNetworkIsolation", container["Image"])
    arn = create_serving_entity(ctx, MODEL, request, _Containers=containers)
    follow_model(ctx, arn, containers)
    return {"ModelArn": arn}


def describe_model(ctx: Context, request: DescribeModelInputTypeDef) -> Document:
    """Raises ValidationError for an unknown name, as the other operations do."""
    return answered(MODEL.kind, find_serving_entity(ctx, MODEL, request["ModelName"]))


def list_models(ctx: Context, request: ListModelsInputTypeDef) -> Document:
    return list_records(ctx, MODEL.kind, request, answer="Models")


def delete_model(ctx: Context, request: DeleteModelInputTypeDef) -> None:
    """Endpoints that serve the model go on with their copy. Raises ValidationError for an unknown name."""
    arn = find_serving_entity(ctx, MODEL, request["ModelName"])["ModelArn"]
    delete_serving_entity(ctx, MODEL, request["ModelName"])
    forget_model(ctx, arn)
