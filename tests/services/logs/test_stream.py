from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import BadRequest, Conflict, NotFound
from clary.services.logs.stream import create_log_stream, delete_log_stream, describe_log_streams

if TYPE_CHECKING:
    from clary.services.context import Context


@pytest.fixture
def group(ctx: Context) -> str:
    """Streams a to e; the last line of each is at the time its place in ``caebd`` says."""
    ctx.logs.create_group("g", ctx.now())
    for name in "abcde":
        create_log_stream(ctx, {"logGroupName": "g", "logStreamName": name})
    for at, name in enumerate("caebd", 1):
        ctx.logs.append("g", name, [(at, "line")], ctx.now())
    return "g"


def names(answer: dict[str, Any]) -> str:
    return "".join(stream["logStreamName"] for stream in answer["logStreams"])


@pytest.mark.parametrize(
    ("order", "descending", "expected"),
    [
        ("LogStreamName", False, "abcde"),
        ("LogStreamName", True, "edcba"),
        ("LastEventTime", False, "caebd"),
        ("LastEventTime", True, "dbeac"),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5, 50])
def test_streams_come_in_the_order_and_pages_asked_for(
    ctx: Context, group: str, order: str, descending: bool, expected: str, limit: int
) -> None:
    request = {"logGroupName": group, "orderBy": order, "descending": descending, "limit": limit}

    found = ""
    answer = describe_log_streams(ctx, request)
    while "nextToken" in answer:
        assert len(answer["logStreams"]) == limit
        found += names(answer)
        answer = describe_log_streams(ctx, {**request, "nextToken": answer["nextToken"]})

    assert found + names(answer) == expected


def test_a_page_that_holds_all_has_no_token(ctx: Context, group: str) -> None:
    """The sagemaker SDK asks for as many streams as the job has hosts, and again while there is a token."""
    answer = describe_log_streams(
        ctx, {"logGroupName": group, "logStreamNamePrefix": "a", "orderBy": "LogStreamName", "limit": 1}
    )

    assert names(answer) == "a"
    assert "nextToken" not in answer


def test_a_stream_is_described_with_its_times(ctx: Context, group: str) -> None:
    ctx.logs.append(group, "a", [(70, "x"), (80, "y")], ctx.now())

    (stream,) = describe_log_streams(ctx, {"logGroupName": group, "logStreamNamePrefix": "a"})["logStreams"]

    assert stream == {
        "logStreamName": "a",
        "creationTime": 1_790_000_000_000,
        "firstEventTimestamp": 2,
        "lastEventTimestamp": 80,
        "lastIngestionTime": 1_790_000_000_000,
        "uploadSequenceToken": "3",
        "arn": "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:a",
        "storedBytes": 0,
    }


def test_a_stream_without_lines_has_no_times(ctx: Context, group: str) -> None:
    create_log_stream(ctx, {"logGroupName": group, "logStreamName": "new"})

    (stream,) = describe_log_streams(ctx, {"logGroupName": group, "logStreamNamePrefix": "new"})["logStreams"]

    assert not {"firstEventTimestamp", "lastEventTimestamp", "lastIngestionTime"} & set(stream)


def test_a_prefix_does_not_go_with_the_order_by_time(ctx: Context, group: str) -> None:
    with pytest.raises(BadRequest, match="Cannot order by LastEventTime with a logStreamNamePrefix"):
        describe_log_streams(
            ctx, {"logGroupName": group, "logStreamNamePrefix": "a", "orderBy": "LastEventTime"}
        )


@pytest.mark.parametrize("token", ["a", "9" * 20 + "/a", "0" * 20])
def test_a_token_that_is_none_is_refused(ctx: Context, group: str, token: str) -> None:
    with pytest.raises(BadRequest, match="nextToken is invalid"):
        describe_log_streams(ctx, {"logGroupName": group, "nextToken": token})


def test_streams_of_a_missing_group_are_not_found(ctx: Context) -> None:
    with pytest.raises(NotFound, match="log group does not exist"):
        describe_log_streams(ctx, {"logGroupName": "nowhere"})
    with pytest.raises(NotFound, match="log group does not exist"):
        create_log_stream(ctx, {"logGroupName": "nowhere", "logStreamName": "s"})


def test_a_stream_exists_once_and_can_be_deleted(ctx: Context, group: str) -> None:
    with pytest.raises(Conflict, match="already exists"):
        create_log_stream(ctx, {"logGroupName": group, "logStreamName": "a"})

    delete_log_stream(ctx, {"logGroupName": group, "logStreamName": "a"})

    assert names(describe_log_streams(ctx, {"logGroupName": group})) == "bcde"
    with pytest.raises(NotFound, match="log stream does not exist"):
        delete_log_stream(ctx, {"logGroupName": group, "logStreamName": "a"})
