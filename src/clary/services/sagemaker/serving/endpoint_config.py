"""Endpoint configurations: which models an endpoint serves, on what, and what it does beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.serving_entities import (
    ENDPOINT_CONFIG,
    create_serving_entity,
    delete_serving_entity,
    find_serving_entity,
)
from clary.services.sagemaker._answered import answered
from clary.services.sagemaker._listing import list_records

from ._config_checks import check_endpoint_config

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateEndpointConfigInputTypeDef,
        DeleteEndpointConfigInputTypeDef,
        DescribeEndpointConfigInputTypeDef,
        ListEndpointConfigsInputTypeDef,
    )

    from clary.services.context import Context, Document


def create_endpoint_config(ctx: Context, request: CreateEndpointConfigInputTypeDef) -> Document:
    """Raises ValidationError for a taken name, and for what no endpoint could have."""
    check_endpoint_config(ctx, request)
    return {"EndpointConfigArn": create_serving_entity(ctx, ENDPOINT_CONFIG, request)}


def describe_endpoint_config(ctx: Context, request: DescribeEndpointConfigInputTypeDef) -> Document:
    """Raises ValidationError for an unknown name, as the other operations do."""
    found = find_serving_entity(ctx, ENDPOINT_CONFIG, request["EndpointConfigName"])
    return answered(ENDPOINT_CONFIG.kind, found)


def list_endpoint_configs(ctx: Context, request: ListEndpointConfigsInputTypeDef) -> Document:
    return list_records(ctx, ENDPOINT_CONFIG.kind, request, answer="EndpointConfigs")


def delete_endpoint_config(ctx: Context, request: DeleteEndpointConfigInputTypeDef) -> None:
    """Endpoints that were made with the configuration go on with their copy."""
    delete_serving_entity(ctx, ENDPOINT_CONFIG, request["EndpointConfigName"])
