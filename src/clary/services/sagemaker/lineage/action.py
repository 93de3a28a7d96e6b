"""Actions: steps of a workflow that are not jobs, such as an approval or a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.entities import ACTION, find_entity
from clary.services.sagemaker._answered import answered

from ._sourced import create_sourced, delete_sourced, list_sourced, update_sourced

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateActionRequestTypeDef,
        DeleteActionRequestTypeDef,
        DescribeActionRequestTypeDef,
        ListActionsRequestTypeDef,
        UpdateActionRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_action(ctx: Context, request: CreateActionRequestTypeDef) -> Document:
    return {"ActionArn": create_sourced(ctx, ACTION, request, status=request.get("Status", ""))}


def describe_action(ctx: Context, request: DescribeActionRequestTypeDef) -> Document:
    return answered(ACTION.kind, find_entity(ctx, ACTION, request["ActionName"]))


def update_action(ctx: Context, request: UpdateActionRequestTypeDef) -> Document:
    status = request.get("Status")
    return {"ActionArn": update_sourced(ctx, ACTION, request, "Description", "Status", status=status)}


def list_actions(ctx: Context, request: ListActionsRequestTypeDef) -> Document:
    return list_sourced(ctx, ACTION.kind, request, answer="ActionSummaries")


def delete_action(ctx: Context, request: DeleteActionRequestTypeDef) -> Document:
    return {"ActionArn": delete_sourced(ctx, ACTION, request["ActionName"])}
