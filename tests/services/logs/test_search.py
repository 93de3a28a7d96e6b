from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import BadRequest, NotFound
from clary.services.logs.group import put_retention_policy
from clary.services.logs.search import filter_log_events

if TYPE_CHECKING:
    from clary.services.context import Context


@pytest.fixture
def group(ctx: Context, clock: Any) -> str:
    """Two hosts that speak in turn, a millisecond apart."""
    ctx.logs.create_group("g", ctx.now())
    for name in ("job/algo-1", "job/algo-2"):
        ctx.logs.create_stream("g", name, ctx.now())
    for at in range(6):
        ctx.logs.append("g", f"job/algo-{at % 2 + 1}", [(clock.ms + at, f"step {at}")], ctx.now())
    return "g"


def messages(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


@pytest.mark.parametrize("from_head", [True, False])
def test_lines_of_all_streams_come_interleaved_and_in_pages(
    ctx: Context, group: str, from_head: bool
) -> None:
    request = {"logGroupName": group, "limit": 4, "startFromHead": from_head}

    first = filter_log_events(ctx, request)
    second = filter_log_events(ctx, {**request, "nextToken": first["nextToken"]})

    found = messages(first) + messages(second)
    assert found == sorted((f"step {at}" for at in range(6)), reverse=not from_head)
    assert "nextToken" not in second


def test_every_line_has_an_id_of_its_own(ctx: Context, group: str) -> None:
    events = filter_log_events(ctx, {"logGroupName": group})["events"]

    assert len({event["eventId"] for event in events}) == 6
    assert all(len(event["eventId"]) == 56 for event in events)
    assert events[1]["logStreamName"] == "job/algo-2"


def test_both_ends_of_the_time_range_are_counted_in(ctx: Context, group: str, clock: Any) -> None:
    answer = filter_log_events(
        ctx, {"logGroupName": group, "startTime": clock.ms + 2, "endTime": clock.ms + 4}
    )

    assert messages(answer) == ["step 2", "step 3", "step 4"]


def test_the_pattern_and_the_streams_narrow_the_lines(ctx: Context, group: str) -> None:
    assert messages(filter_log_events(ctx, {"logGroupName": group, "filterPattern": "?1 ?2"})) == [
        "step 1",
        "step 2",
    ]
    assert messages(filter_log_events(ctx, {"logGroupName": group, "logStreamNames": ["job/algo-2"]})) == [
        "step 1",
        "step 3",
        "step 5",
    ]
    assert len(messages(filter_log_events(ctx, {"logGroupName": group, "logStreamNamePrefix": "job/"}))) == 6
    assert messages(filter_log_events(ctx, {"logGroupName": group, "logStreamNamePrefix": "other"})) == []


def test_lines_beyond_the_retention_are_not_found(ctx: Context, group: str, clock: Any) -> None:
    put_retention_policy(ctx, {"logGroupName": group, "retentionInDays": 1})
    clock.now += 2 * 86_400

    assert messages(filter_log_events(ctx, {"logGroupName": group})) == []


def test_names_and_a_prefix_together_are_refused(ctx: Context, group: str) -> None:
    with pytest.raises(BadRequest, match="logStreamNames and logStreamNamePrefix"):
        filter_log_events(ctx, {"logGroupName": group, "logStreamNames": ["a"], "logStreamNamePrefix": "a"})


def test_a_token_of_another_operation_is_refused(ctx: Context, group: str) -> None:
    with pytest.raises(BadRequest, match="nextToken is invalid"):
        filter_log_events(ctx, {"logGroupName": group, "nextToken": "f/" + "9" * 56})


def test_a_missing_group_is_not_found(ctx: Context) -> None:
    with pytest.raises(NotFound):
        filter_log_events(ctx, {"logGroupName": "nowhere"})
