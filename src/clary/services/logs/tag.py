"""Tags of log groups: the operations by ARN, and the older ones by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.services.logs import _request as read
from clary.services.logs._tags import checked_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_logs.type_defs import (
        ListTagsForResourceRequestTypeDef,
        ListTagsLogGroupRequestTypeDef,
        TagLogGroupRequestTypeDef,
        TagResourceRequestTypeDef,
        UntagLogGroupRequestTypeDef,
        UntagResourceRequestTypeDef,
    )

    from clary.services.context import Context, Document


def list_tags_for_resource(ctx: Context, request: ListTagsForResourceRequestTypeDef) -> Document:
    return _list(ctx, _group(ctx, request["resourceArn"]))


def tag_resource(ctx: Context, request: TagResourceRequestTypeDef) -> None:
    _tag(ctx, _group(ctx, request["resourceArn"]), request["tags"])


def untag_resource(ctx: Context, request: UntagResourceRequestTypeDef) -> None:
    _untag(ctx, _group(ctx, request["resourceArn"]), request["tagKeys"])


def list_tags_log_group(ctx: Context, request: ListTagsLogGroupRequestTypeDef) -> Document:
    return _list(ctx, request["logGroupName"])


def tag_log_group(ctx: Context, request: TagLogGroupRequestTypeDef) -> None:
    _tag(ctx, request["logGroupName"], request["tags"])


def untag_log_group(ctx: Context, request: UntagLogGroupRequestTypeDef) -> None:
    _untag(ctx, request["logGroupName"], request["tags"])


def _group(ctx: Context, arn: str) -> str:
    if not arn.startswith("arn:"):
        raise read.invalid(f"resourceArn is {arn}; it has to be the ARN of a log group")
    return read.group_of(ctx, arn)


def _list(ctx: Context, group: str) -> Document:
    ctx.logs.group(group)
    return {"tags": ctx.tags.get(read.group_arn(ctx, group))}


def _tag(ctx: Context, group: str, tags: Mapping[str, str]) -> None:
    ctx.logs.group(group)
    ctx.tags.put(read.group_arn(ctx, group), checked_tags(ctx, group, tags))


def _untag(ctx: Context, group: str, keys: Iterable[str]) -> None:
    ctx.logs.group(group)
    ctx.tags.remove(read.group_arn(ctx, group), keys)
