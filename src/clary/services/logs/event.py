"""Log events of one stream: written in batches, read in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from clary.domain.errors import Conflict
from clary.domain.identity import PrincipalKind
from clary.services.logs import _request as read
from clary.store.logs import EventPosition, LogEvent

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import (
        GetLogEventsRequestTypeDef,
        PutLogEventsRequestTypeDef,
    )

    from clary.services.context import Context, Document

BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
DAY_MS = 86_400_000
OLDEST_MS = 14 * DAY_MS
NEWEST_MS = 2 * 3_600_000

Batch = list[tuple[int, str]]


def put_log_events(ctx: Context, request: PutLogEventsRequestTypeDef) -> Document:
    """Stores a batch of events.

    ``sequenceToken`` is ignored, as AWS does today, unless a host of a job sends it. There it is the count of
    events that the stream has accepted, so that a batch which is sent twice is stored once.

    Events of a host are stored whatever their time is: no line of a job is lost because the server was down
    for a month, and none changes its order because a clock stepped back.
    """
    group, stream = request["logGroupName"], request["logStreamName"]
    batch: Batch = [(event["timestamp"], event["message"]) for event in request["logEvents"]]
    from_host = ctx.caller.kind is PrincipalKind.HOST
    _check_batch(batch)
    rejected: Document = {}
    if not from_host:
        batch, rejected = _within_window(ctx, group, batch)
    token = request.get("sequenceToken") if from_host else None
    count = ctx.logs.append(
        group,
        stream,
        batch,
        ctx.now(),
        expected_position=_read_position(ctx, group, stream, token) if token is not None else None,
        steady=from_host,
    )
    answer: Document = {"nextSequenceToken": str(count)}
    if rejected:
        answer["rejectedLogEventsInfo"] = rejected
    return answer


def get_log_events(ctx: Context, request: GetLogEventsRequestTypeDef) -> Document:
    """A page of one stream, oldest event first.

    Both tokens are always in the answer. At the end of the stream, ``nextForwardToken`` is the token that was
    sent: a reader that follows it stops there, and can use it again later for new events.
    """
    group, stream = read.named_group(ctx, request), request["logStreamName"]
    hidden_before_ms = read.kept_since_ms(ctx, ctx.logs.group(group))
    after = EventPosition(max(_time(request, "startTime", 0), hidden_before_ms), 0)
    before = EventPosition(_time(request, "endTime", read.LATEST_TIME_MS), 0)
    backwards = not request.get("startFromHead", False)
    here: EventPosition | None = None
    if "nextToken" in request:
        direction, (at_ms, position) = read.read_token(request["nextToken"], 20, 36)
        here = EventPosition(at_ms, position)
        backwards = direction == "b"
    page = ctx.logs.read(
        group,
        stream,
        after=max(after, here) if here is not None and not backwards else after,
        before=min(before, here) if here is not None and backwards else before,
        backwards=backwards,
        limit=request.get("limit", 10_000),
    )
    left, right = _edges(page, after if here is None else here, asked=here is not None, backwards=backwards)
    return {
        "events": [
            {"timestamp": at_ms, "message": message, "ingestionTime": ingested_ms}
            for at_ms, _, ingested_ms, message in page
        ],
        "nextForwardToken": read.make_token("f", (right.at_ms, 20), (right.position, 36)),
        "nextBackwardToken": read.make_token("b", (left.at_ms, 20), (left.position, 36)),
    }


def _edges(
    page: list[LogEvent], here: EventPosition, *, asked: bool, backwards: bool
) -> tuple[EventPosition, EventPosition]:
    """The positions for the tokens: reading backward begins before the first, forward after the second.

    After an empty page, the token of the other direction includes the event at this page's own token: a
    reader that changes direction would miss it otherwise.
    """
    if page:
        first, last = page[0], page[-1]
        return EventPosition(first.at_ms, first.position), EventPosition(last.at_ms, last.position)
    if not asked:
        return here, here
    if backwards:
        return here, EventPosition(here.at_ms, max(here.position - 1, 0))
    return EventPosition(here.at_ms, here.position + 1), here


def _check_batch(batch: Batch) -> None:
    size = 0
    latest = 0
    for at_ms, message in batch:
        if at_ms < latest:
            raise read.invalid("Log events in a single PutLogEvents request must be in chronological order.")
        latest = at_ms
        try:
            size += len(message.encode()) + EVENT_OVERHEAD_BYTES
        except UnicodeEncodeError:
            raise read.invalid("a message holds a lone surrogate, which is not Unicode text") from None
    if latest > read.LATEST_TIME_MS:
        raise read.invalid(f"timestamp is {latest}; it is in milliseconds, at most {read.LATEST_TIME_MS}")
    if size > BATCH_BYTES:
        raise read.invalid(
            f"Upload too large: {size} bytes exceeds limit of {BATCH_BYTES} "
            f"(every event counts {EVENT_OVERHEAD_BYTES} bytes beside its message)"
        )


def _within_window(ctx: Context, group: str, batch: Batch) -> tuple[Batch, Document]:
    """The events whose age CloudWatch accepts, and ``rejectedLogEventsInfo`` for the others."""
    now_ms = int(ctx.now() * 1_000)
    hidden_before_ms = read.kept_since_ms(ctx, ctx.logs.group(group))
    too_old = sum(at_ms < now_ms - OLDEST_MS for at_ms, _ in batch)
    expired = sum(at_ms < hidden_before_ms for at_ms, _ in batch)
    too_new = sum(at_ms > now_ms + NEWEST_MS for at_ms, _ in batch)
    kept = batch[max(too_old, expired) : len(batch) - too_new]
    if kept and kept[-1][0] - kept[0][0] > DAY_MS:
        raise read.invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )
    rejected: Document = {}
    if too_old:
        rejected["tooOldLogEventEndIndex"] = too_old
    if expired:
        rejected["expiredLogEventEndIndex"] = expired
    if too_new:
        rejected["tooNewLogEventStartIndex"] = len(batch) - too_new
    return kept, rejected


def _read_position(ctx: Context, group: str, stream: str, token: str) -> int:
    if token.isascii() and token.isdecimal() and len(token) < 19:
        return int(token)
    expected = str(ctx.logs.stream(group, stream).event_count)
    raise Conflict(
        f"The given sequenceToken is invalid. The next expected sequenceToken is: {expected}",
        code="InvalidSequenceTokenException",
        members={"expectedSequenceToken": expected},
    )


def _time(request: GetLogEventsRequestTypeDef, member: Literal["startTime", "endTime"], default: int) -> int:
    return min(int(request.get(member, default)), read.LATEST_TIME_MS)
