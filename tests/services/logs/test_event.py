from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import BadRequest, Conflict, NotFound
from clary.services.logs.event import get_log_events, put_log_events
from clary.services.logs.group import put_retention_policy

if TYPE_CHECKING:
    from clary.services.context import Context

Stream = dict[str, str]
Lines = Callable[..., list[dict[str, Any]]]
HOUR, DAY = 3_600_000, 86_400_000


def put(ctx: Context, stream: Stream, events: list[dict[str, Any]], **members: Any) -> dict[str, Any]:
    return put_log_events(ctx, {**stream, "logEvents": events, **members})


def get(ctx: Context, stream: Stream, **members: Any) -> dict[str, Any]:
    return get_log_events(ctx, {**stream, **members})


def messages(page: dict[str, Any]) -> list[str]:
    return [event["message"] for event in page["events"]]


class Follower:
    """Reads a stream as the sagemaker SDK's wait loop does.

    Between two rounds it keeps only the time of the last line and how many lines of that time it has
    seen; within a round it follows ``nextForwardToken`` until a page is empty.
    """

    def __init__(self, ctx: Context, stream: Stream, *, page: int) -> None:
        self._ctx, self._stream, self._page = ctx, stream, page
        self._time, self._seen = 0, 0

    def round(self) -> list[str]:
        read = []
        for event in self._events():
            self._seen = self._seen + 1 if event["timestamp"] == self._time else 1
            self._time = event["timestamp"]
            read.append(event["message"])
        return read

    def _events(self) -> Iterator[dict[str, Any]]:
        start, skip = self._time, self._seen
        token: dict[str, Any] = {}
        while True:
            page = get(
                self._ctx, self._stream, startTime=start, startFromHead=True, limit=self._page, **token
            )
            token = {"nextToken": page["nextForwardToken"]}
            if not page["events"]:
                return
            skipped, skip = page["events"][:skip], max(0, skip - len(page["events"]))
            yield from page["events"][len(skipped) :]


@pytest.mark.parametrize("page", [1, 3, 10_000])
def test_the_sdks_loop_reads_every_line_once(ctx: Context, host: Context, stream: Stream, page: int) -> None:
    follower = Follower(ctx, stream, page=page)
    # Many lines share a millisecond, across batches, and the clock steps back once.
    times = [0, 0, 0, 1, 1, 1, 1, 5, 5, 3, 3, 5, 6, 6, 6, 6]
    sent = [f"line {number}" for number in range(len(times))]

    read: list[str] = []
    at = 0
    for size in (1, 4, 2, 2, 3, 4):
        events = [
            {"timestamp": 1_790_000_000_000 + times[number], "message": sent[number]}
            for number in range(at, at + size)
        ]
        at += size
        put(host, stream, sorted(events, key=lambda event: event["timestamp"]))
        read += follower.round()
        read += follower.round()

    assert read == sent


def test_the_forward_token_is_the_one_sent_when_nothing_is_ahead(
    ctx: Context, stream: Stream, lines: Lines
) -> None:
    put(ctx, stream, lines((0, "a"), (1, "b")))

    first = get(ctx, stream, startFromHead=True)
    second = get(ctx, stream, startFromHead=True, nextToken=first["nextForwardToken"])

    assert messages(first) == ["a", "b"]
    assert second["events"] == []
    assert second["nextForwardToken"] == first["nextForwardToken"]


def test_a_token_at_the_end_goes_on_with_what_comes_later(ctx: Context, stream: Stream, lines: Lines) -> None:
    empty = get(ctx, stream, startFromHead=True)
    put(ctx, stream, lines((0, "a")))
    first = get(ctx, stream, startFromHead=True, nextToken=empty["nextForwardToken"])
    put(ctx, stream, lines((0, "b")))

    second = get(ctx, stream, startFromHead=True, nextToken=first["nextForwardToken"])

    assert (messages(first), messages(second)) == (["a"], ["b"])


def test_without_start_from_head_the_newest_lines_come_and_the_backward_token_leads_to_older(
    ctx: Context, stream: Stream, lines: Lines
) -> None:
    put(ctx, stream, lines(*((at, str(at)) for at in range(5))))

    last = get(ctx, stream, limit=2)
    before = get(ctx, stream, limit=2, nextToken=last["nextBackwardToken"])
    first = get(ctx, stream, limit=2, nextToken=before["nextBackwardToken"])
    beyond = get(ctx, stream, limit=2, nextToken=first["nextBackwardToken"])

    assert [messages(page) for page in (last, before, first, beyond)] == [["3", "4"], ["1", "2"], ["0"], []]
    assert beyond["nextBackwardToken"] == first["nextBackwardToken"]


def test_a_reader_can_turn_round_at_either_end(ctx: Context, stream: Stream, lines: Lines) -> None:
    put(ctx, stream, lines((0, "a"), (0, "b"), (1, "c")))

    whole = get(ctx, stream, startFromHead=True)
    at_end = get(ctx, stream, startFromHead=True, nextToken=whole["nextForwardToken"])
    at_start = get(ctx, stream, nextToken=whole["nextBackwardToken"])

    assert messages(get(ctx, stream, nextToken=at_end["nextBackwardToken"])) == ["a", "b", "c"]
    assert messages(get(ctx, stream, nextToken=at_start["nextForwardToken"])) == ["a", "b", "c"]


def test_the_start_is_counted_in_and_the_end_is_not(ctx: Context, stream: Stream, lines: Lines) -> None:
    put(ctx, stream, lines((0, "a"), (1, "b"), (2, "c")))
    start = lines((1, ""))[0]["timestamp"]

    assert messages(get(ctx, stream, startTime=start)) == ["b", "c"]
    assert messages(get(ctx, stream, endTime=start)) == ["a"]


def test_a_token_keeps_to_the_times_asked_for(ctx: Context, stream: Stream, lines: Lines) -> None:
    put(ctx, stream, lines((0, "a"), (1, "b"), (2, "c"), (3, "d")))
    window = {"startTime": lines((1, ""))[0]["timestamp"], "endTime": lines((3, ""))[0]["timestamp"]}

    first = get(ctx, stream, startFromHead=True, limit=1, **window)
    rest = get(ctx, stream, startFromHead=True, nextToken=first["nextForwardToken"], **window)

    assert (messages(first), messages(rest)) == (["b"], ["c"])


@pytest.mark.parametrize("token", ["f/12", "x/" + "0" * 56, "f/" + "9" * 56, "f/" + "x" * 56, "0" * 58])
def test_a_token_that_is_none_is_refused(ctx: Context, stream: Stream, token: str) -> None:
    with pytest.raises(BadRequest, match="nextToken is invalid") as refused:
        get(ctx, stream, nextToken=token)

    assert refused.value.code == "InvalidParameterException"


def test_a_page_is_at_most_one_mebibyte(ctx: Context, stream: Stream, lines: Lines) -> None:
    for _ in range(3):
        put(ctx, stream, lines((0, "x" * 600_000)))

    first = get(ctx, stream, startFromHead=True)
    second = get(ctx, stream, startFromHead=True, nextToken=first["nextForwardToken"])

    assert (len(first["events"]), len(second["events"])) == (1, 1)


@pytest.mark.parametrize("token", ["2", "0", "3", "-1", "49590302", "never a token"])
def test_a_callers_sequence_token_is_ignored_and_the_next_one_answered(
    ctx: Context, stream: Stream, lines: Lines, token: str
) -> None:
    assert put(ctx, stream, lines((0, "a"), (0, "b")))["nextSequenceToken"] == "2"
    assert put(ctx, stream, lines((1, "c")), sequenceToken=token)["nextSequenceToken"] == "3"


def test_a_host_counts_the_events_of_its_stream(host: Context, stream: Stream, lines: Lines) -> None:
    assert put(host, stream, lines((0, "a"), (0, "b")))["nextSequenceToken"] == "2"
    assert put(host, stream, lines((1, "c")), sequenceToken="2")["nextSequenceToken"] == "3"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("0", "DataAlreadyAcceptedException"),
        ("3", "InvalidSequenceTokenException"),
        ("-1", "InvalidSequenceTokenException"),
        ("٢", "InvalidSequenceTokenException"),
        ("9" * 40, "InvalidSequenceTokenException"),
        ("4959", "InvalidSequenceTokenException"),
    ],
)
def test_a_host_with_a_wrong_sequence_token_is_told_the_expected_one(
    host: Context, stream: Stream, lines: Lines, token: str, code: str
) -> None:
    put(host, stream, lines((0, "a"), (0, "b")))

    with pytest.raises(Conflict) as refused:
        put(host, stream, lines((1, "c")), sequenceToken=token)

    assert (refused.value.code, refused.value.members["expectedSequenceToken"]) == (code, "2")
    assert refused.value.message.endswith("2")
    assert messages(get(host, stream)) == ["a", "b"]


def test_a_host_that_lost_the_answer_and_goes_on_from_the_expected_token_doubles_nothing(
    host: Context, stream: Stream, lines: Lines
) -> None:
    batch = lines((0, "a"), (1, "b"), (2, "c"))
    put(host, stream, batch[:2], sequenceToken="0")

    with pytest.raises(Conflict) as refused:
        put(host, stream, batch, sequenceToken="0")
    accepted = int(refused.value.members["expectedSequenceToken"])
    put(host, stream, batch[accepted:], sequenceToken=str(accepted))

    assert messages(get(host, stream)) == ["a", "b", "c"]


def test_lines_out_of_order_within_a_batch_are_refused(ctx: Context, stream: Stream, lines: Lines) -> None:
    with pytest.raises(BadRequest, match="chronological order"):
        put(ctx, stream, lines((1, "b"), (0, "a")))


def test_a_batch_over_one_mebibyte_is_refused(ctx: Context, stream: Stream, lines: Lines) -> None:
    room = 1_048_576 - 2 * 26

    put(ctx, stream, lines((0, "x" * (room // 2)), (0, "x" * (room // 2))))
    with pytest.raises(BadRequest, match="Upload too large"):
        put(ctx, stream, lines((0, "x" * (room // 2)), (0, "x" * (room // 2 + 1))))
    with pytest.raises(BadRequest, match="Upload too large"):
        put(ctx, stream, lines((0, "é" * (room // 2 + 14))))


def test_a_lone_surrogate_is_refused(ctx: Context, stream: Stream, lines: Lines) -> None:
    with pytest.raises(BadRequest, match="surrogate"):
        put(ctx, stream, lines((0, "\ud800")))


def test_events_too_old_and_too_new_are_rejected_and_the_others_kept(
    ctx: Context, stream: Stream, lines: Lines
) -> None:
    answer = put(
        ctx, stream, lines((-15 * DAY, "old"), (-14 * DAY - 1, "old"), (0, "good"), (2 * HOUR + 1, "new"))
    )

    assert messages(get(ctx, stream)) == ["good"]
    assert answer == {
        "nextSequenceToken": "1",
        "rejectedLogEventsInfo": {"tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 3},
    }


def test_a_batch_of_rejected_events_alone_is_no_error(ctx: Context, stream: Stream, lines: Lines) -> None:
    answer = put(ctx, stream, lines((3 * HOUR, "new")))

    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    assert answer["nextSequenceToken"] == "0"


def test_a_batch_over_more_than_a_day_is_refused(ctx: Context, stream: Stream, lines: Lines) -> None:
    with pytest.raises(BadRequest, match="24 hours"):
        put(ctx, stream, lines((-DAY - 1, "a"), (0, "b")))


def test_what_a_host_sends_after_a_month_is_kept(host: Context, stream: Stream, lines: Lines) -> None:
    answer = put(host, stream, lines((-30 * DAY, "a"), (0, "b"), (DAY, "c")))

    assert "rejectedLogEventsInfo" not in answer
    assert messages(get(host, stream)) == ["a", "b", "c"]


def test_lines_beyond_the_retention_are_neither_taken_nor_shown(
    ctx: Context, stream: Stream, lines: Lines, clock: Any
) -> None:
    put(ctx, stream, lines((0, "first")))
    put_retention_policy(ctx, {"logGroupName": stream["logGroupName"], "retentionInDays": 3})
    clock.now += 4 * 86_400

    answer = put(ctx, stream, lines((-4 * DAY, "late"), (-4 * DAY, "late")))
    put(ctx, stream, lines((0, "second")))

    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 2}
    assert messages(get(ctx, stream, startFromHead=True)) == ["second"]


def test_a_missing_group_and_a_missing_stream_are_told_apart(
    ctx: Context, stream: Stream, lines: Lines
) -> None:
    for operation in (lambda target: put(ctx, target, lines((0, "a"))), lambda target: get(ctx, target)):
        with pytest.raises(NotFound, match=r"^The specified log group does not exist\.$") as missing:
            operation({**stream, "logGroupName": "nowhere"})
        assert missing.value.code == "ResourceNotFoundException"
        with pytest.raises(NotFound, match=r"^The specified log stream does not exist\.$"):
            operation({**stream, "logStreamName": "nowhere"})


def test_a_group_may_be_named_by_its_arn(ctx: Context, stream: Stream, lines: Lines) -> None:
    put(ctx, stream, lines((0, "a")))
    name = {"logStreamName": stream["logStreamName"]}
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{stream['logGroupName']}"

    for identifier in (arn, f"{arn}:*", stream["logGroupName"]):
        assert messages(get(ctx, {**name, "logGroupIdentifier": identifier})) == ["a"]
    for wrong in (
        {},
        {"logGroupIdentifier": arn.replace("us-east-1", "eu-west-1")},
        {**stream, "logGroupIdentifier": arn},
    ):
        with pytest.raises(BadRequest):
            get(ctx, {**name, **wrong})
