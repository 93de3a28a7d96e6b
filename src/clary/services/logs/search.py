"""FilterLogEvents: the events of a whole group in order of time, filtered by a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.services.logs import _request as read
from clary.services.logs._pattern import compile_pattern
from clary.store.logs import Search, StreamEvent

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import FilterLogEventsRequestTypeDef

    from clary.services.context import Context, Document

PAGE_BYTES = 1_048_576
KEY_DIGITS = (20, 18, 18)


def filter_log_events(ctx: Context, request: FilterLogEventsRequestTypeDef) -> Document:
    """A page of the events that match. A short or an empty page may have a nextToken.

    Raises InvalidParameterException for a pattern or a token that is not valid, and NotFound.
    """
    group = read.named_group(ctx, request)
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix", "")
    if names is not None and prefix:
        raise read.invalid("logStreamNames and logStreamNamePrefix are both given; give one of them")
    hidden_before_ms = read.kept_since_ms(ctx, ctx.logs.group(group))
    backwards = not request.get("startFromHead", True)
    after: tuple[int, int, int] | None = None
    if "nextToken" in request:
        direction, (at_ms, stream_id, position) = read.read_token(request["nextToken"], *KEY_DIGITS)
        after = (at_ms, stream_id, position)
        backwards = direction == "b"
    wanted = Search(
        matches=compile_pattern(request.get("filterPattern", "")),
        start_ms=max(min(request.get("startTime", 0), read.LATEST_TIME_MS), hidden_before_ms),
        # Unlike in GetLogEvents, endTime is included.
        end_ms=min(request.get("endTime", read.LATEST_TIME_MS), read.LATEST_TIME_MS) + 1,
        after=after,
        backwards=backwards,
        limit=request.get("limit", 10_000),
        max_bytes=PAGE_BYTES,
    )
    found = ctx.logs.search(group, wanted, names=names, prefix=prefix)
    answer: Document = {"events": [_describe(hit) for hit in found.events], "searchedLogStreams": []}
    if found.resume is not None:
        answer["nextToken"] = read.make_token(
            "b" if backwards else "f", *zip(found.resume, KEY_DIGITS, strict=True)
        )
    return answer


def _describe(hit: StreamEvent) -> Document:
    return {
        "logStreamName": hit.stream,
        "timestamp": hit.event.at_ms,
        "message": hit.event.message,
        "ingestionTime": hit.event.ingested_ms,
        "eventId": "".join(f"{value:0{digits}d}" for value, digits in zip(hit.key, KEY_DIGITS, strict=True)),
    }
