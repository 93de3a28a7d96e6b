"""Endpoints: the operations. What there is to know of the kind is in ``clary.kinds.endpoint``.

The writers of a record:

    services      the request; a further generation; other weights and counts; _StopRequestedAt for a deletion
    the runner    statuses, the states of generations, _Hosts, _Attempts, _Falls
    the gateway   _Wanted: when a serverless variant was asked for last
    host agents   _Reports
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.endpoint import KIND
from clary.kinds.endpoint.record import updated, with_weights_and_capacities
from clary.kinds.records import create_record, delete_record, find_record, stop_record
from clary.services.sagemaker._listing import list_records
from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sagemaker.type_defs import (
        CreateEndpointInputTypeDef,
        DeleteEndpointInputTypeDef,
        DescribeEndpointInputTypeDef,
        ListEndpointsInputTypeDef,
        UpdateEndpointInputTypeDef,
        UpdateEndpointWeightsAndCapacitiesInputTypeDef,
    )

    from clary.services.context import Context, Document, Record


def create_endpoint(ctx: Context, request: CreateEndpointInputTypeDef) -> Document:
    return {"EndpointArn": create_record(ctx, KIND, request)}


def describe_endpoint(ctx: Context, request: DescribeEndpointInputTypeDef) -> Document:
    return KIND.answered(find_record(ctx, KIND, request["EndpointName"]))


def list_endpoints(ctx: Context, request: ListEndpointsInputTypeDef) -> Document:
    return list_records(ctx, KIND.record_kind, request, answer="Endpoints")


def update_endpoint(ctx: Context, request: UpdateEndpointInputTypeDef) -> Document:
    """Starts the hosts of a configuration beside those that serve. The traffic moves when they serve too."""
    return _updated(ctx, request["EndpointName"], lambda record: updated(ctx, record, request))


def update_endpoint_weights_and_capacities(
    ctx: Context, request: UpdateEndpointWeightsAndCapacitiesInputTypeDef
) -> Document:
    wishes = request["DesiredWeightsAndCapacities"]
    return _updated(
        ctx,
        request["EndpointName"],
        lambda record: with_weights_and_capacities(record, wishes, ctx.now()),
    )


def delete_endpoint(ctx: Context, request: DeleteEndpointInputTypeDef) -> None:
    """The record goes when the last host has ended. An endpoint that failed has none, and goes at once."""
    name = request["EndpointName"]
    with ctx.records.transaction():
        if KIND.status(find_record(ctx, KIND, name)) in KIND.terminal:
            delete_record(ctx, KIND, name)
        else:
            stop_record(ctx, KIND, name)


def _updated(ctx: Context, name: str, changes: Callable[[Record], Document]) -> Document:
    with ctx.records.transaction():
        try:
            record = ctx.records.update(KIND.record_kind, name, changes, status="Updating")
        except RecordMissing:
            raise KIND.not_found(name) from None
    return {"EndpointArn": KIND.arn(record)}
