"""Log groups and their retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest
from clary.services.logs import _request as read
from clary.services.logs._tags import checked_tags

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import (
        CreateLogGroupRequestTypeDef,
        DeleteLogGroupRequestTypeDef,
        DeleteRetentionPolicyRequestTypeDef,
        DescribeLogGroupsRequestTypeDef,
        PutLogGroupDeletionProtectionRequestTypeDef,
        PutRetentionPolicyRequestTypeDef,
    )

    from clary.services.context import Context, Document
    from clary.store.logs import LogGroup

RETENTION_DAYS = frozenset(
    (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
)


def create_log_group(ctx: Context, request: CreateLogGroupRequestTypeDef) -> None:
    """Raises Conflict when the group exists, InvalidParameterException for a kmsKeyId or a reserved tag."""
    name = request["logGroupName"]
    if "kmsKeyId" in request:
        raise read.invalid("kmsKeyId is given, but log groups are not encrypted here; leave it out")
    tags = checked_tags(ctx, name, request.get("tags", {}))
    attributes: Document = {"logGroupClass": request.get("logGroupClass", "STANDARD")}
    if request.get("deletionProtectionEnabled"):
        attributes["deletionProtectionEnabled"] = True
    ctx.logs.create_group(name, ctx.now(), attributes=attributes)
    if tags:
        ctx.tags.put(read.group_arn(ctx, name), tags)


def delete_log_group(ctx: Context, request: DeleteLogGroupRequestTypeDef) -> None:
    """Deletes a group with its events and tags. Raises NotFound, and BadRequest for a protected group."""
    name = request["logGroupName"]
    if ctx.logs.group(name).attributes.get("deletionProtectionEnabled"):
        raise BadRequest(
            f"Log group {name} is protected from deletion; PutLogGroupDeletionProtection lifts that"
        )
    ctx.logs.delete_group(name)
    ctx.tags.delete_all(read.group_arn(ctx, name))


def put_log_group_deletion_protection(
    ctx: Context, request: PutLogGroupDeletionProtectionRequestTypeDef
) -> None:
    name = read.group_of(ctx, request["logGroupIdentifier"])
    ctx.logs.update_group(name, {"deletionProtectionEnabled": request["deletionProtectionEnabled"] or None})


def describe_log_groups(ctx: Context, request: DescribeLogGroupsRequestTypeDef) -> Document:
    """A page of groups, sorted by name. Raises InvalidParameterException for both a prefix and a pattern."""
    prefix, pattern = request.get("logGroupNamePrefix", ""), request.get("logGroupNamePattern", "")
    identifiers = request.get("logGroupIdentifiers")
    if prefix and pattern:
        raise read.invalid("logGroupNamePrefix and logGroupNamePattern are both given; give one of them")
    limit = request.get("limit", 50)
    found = ctx.logs.groups(
        prefix=prefix,
        contains=pattern,
        names=None if identifiers is None else [read.group_of(ctx, text) for text in identifiers],
        log_class=request.get("logGroupClass", ""),
        after=request.get("nextToken", ""),
        limit=limit + 1,
    )
    answer: Document = {"logGroups": [_describe(ctx, group) for group in found[:limit]]}
    if len(found) > limit:
        answer["nextToken"] = found[limit - 1].name
    return answer


def put_retention_policy(ctx: Context, request: PutRetentionPolicyRequestTypeDef) -> None:
    """Raises NotFound, and InvalidParameterException for a number of days that AWS does not have."""
    days = request["retentionInDays"]
    if days not in RETENTION_DAYS:
        allowed = ", ".join(str(value) for value in sorted(RETENTION_DAYS))
        raise read.invalid(f"retentionInDays is {days}; it has to be one of {allowed}")
    ctx.logs.update_group(request["logGroupName"], {"retentionInDays": days})


def delete_retention_policy(ctx: Context, request: DeleteRetentionPolicyRequestTypeDef) -> None:
    ctx.logs.update_group(request["logGroupName"], {"retentionInDays": None})


def _describe(ctx: Context, group: LogGroup) -> Document:
    arn = read.group_arn(ctx, group.name)
    return {
        "logGroupName": group.name,
        "creationTime": int(group.created_at * 1_000),
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "logGroupArn": arn,
        "storedBytes": group.stored_bytes,
        **group.attributes,
    }
