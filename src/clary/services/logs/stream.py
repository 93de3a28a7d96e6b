"""Log streams: one for each host of a job, ``<job name>/<host>-<epoch>``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.services.logs import _request as read

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import (
        CreateLogStreamRequestTypeDef,
        DeleteLogStreamRequestTypeDef,
        DescribeLogStreamsRequestTypeDef,
    )

    from clary.services.context import Context, Document
    from clary.store.logs import LogStream


def create_log_stream(ctx: Context, request: CreateLogStreamRequestTypeDef) -> None:
    ctx.logs.create_stream(request["logGroupName"], request["logStreamName"], ctx.now())


def delete_log_stream(ctx: Context, request: DeleteLogStreamRequestTypeDef) -> None:
    ctx.logs.delete_stream(request["logGroupName"], request["logStreamName"])


def describe_log_streams(ctx: Context, request: DescribeLogStreamsRequestTypeDef) -> Document:
    """A page of streams; ``nextToken`` only when there are more.

    The sagemaker SDK repeats its request while there is a token, without sending the token.
    Raises InvalidParameterException for a prefix in the order of time, and NotFound.
    """
    group = read.named_group(ctx, request)
    by_time = request.get("orderBy") == "LastEventTime"
    prefix = request.get("logStreamNamePrefix", "")
    if by_time and prefix:
        raise read.invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    limit = request.get("limit", 50)
    found = ctx.logs.streams(
        group,
        prefix=prefix,
        by_time=by_time,
        descending=request.get("descending", False),
        after=_read_token(request["nextToken"]) if "nextToken" in request else None,
        limit=limit + 1,
    )
    answer: Document = {"logStreams": [_describe(ctx, group, stream) for stream in found[:limit]]}
    if len(found) > limit:
        last = found[limit - 1]
        answer["nextToken"] = f"{last.last_event_ms:020d}/{last.name}"
    return answer


def _read_token(token: str) -> tuple[int, str]:
    matched = re.fullmatch(r"([0-9]{20})/(.+)", token, re.DOTALL)
    if matched is None or int(matched[1]) >= 2**63:
        raise read.invalid("The specified nextToken is invalid.")
    return int(matched[1]), matched[2]


def _describe(ctx: Context, group: str, stream: LogStream) -> Document:
    described: Document = {
        "logStreamName": stream.name,
        "creationTime": int(stream.created_at * 1_000),
        "uploadSequenceToken": str(stream.event_count),
        "arn": f"{read.group_arn(ctx, group)}:log-stream:{stream.name}",
        # AWS has returned 0 since 2019; only a group has a size.
        "storedBytes": 0,
    }
    if stream.event_count > 0:
        described["firstEventTimestamp"] = stream.first_event_ms
        described["lastEventTimestamp"] = stream.last_event_ms
        described["lastIngestionTime"] = stream.last_ingested_ms
    return described
