"""Contexts: groups of other vertices of the lineage, such as an endpoint or a model package group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.entities import CONTEXT, find_entity
from clary.services.sagemaker._answered import answered

from ._sourced import create_sourced, delete_sourced, list_sourced, update_sourced

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateContextRequestTypeDef,
        DeleteContextRequestTypeDef,
        DescribeContextRequestTypeDef,
        ListContextsRequestTypeDef,
        UpdateContextRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_context(ctx: Context, request: CreateContextRequestTypeDef) -> Document:
    return {"ContextArn": create_sourced(ctx, CONTEXT, request)}


def describe_context(ctx: Context, request: DescribeContextRequestTypeDef) -> Document:
    return answered(CONTEXT.kind, find_entity(ctx, CONTEXT, request["ContextName"]))


def update_context(ctx: Context, request: UpdateContextRequestTypeDef) -> Document:
    return {"ContextArn": update_sourced(ctx, CONTEXT, request, "Description")}


def list_contexts(ctx: Context, request: ListContextsRequestTypeDef) -> Document:
    return list_sourced(ctx, CONTEXT.kind, request, answer="ContextSummaries")


def delete_context(ctx: Context, request: DeleteContextRequestTypeDef) -> Document:
    return {"ContextArn": delete_sourced(ctx, CONTEXT, request["ContextName"])}
