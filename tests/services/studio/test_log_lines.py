"""Lines of a log by number, and the search in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import BadRequest, Denied
from clary.services.studio import log_lines
from clary.services.studio.log_lines import get_log_lines, search_log_lines

if TYPE_CHECKING:
    from clary.services.context import Context

GROUP = "/aws/sagemaker/TrainingJobs"
ONE, TWO = "job/algo-1-1", "job/algo-2-1"


@pytest.fixture
def job(ctx: Context) -> dict[str, Any]:
    """The members that name the log of two hosts, which write in turn: 0 to 9, the even ones by the first."""
    ctx.logs.create_group(GROUP, ctx.now())
    for host, name in enumerate((ONE, TWO)):
        ctx.logs.create_stream(GROUP, name, ctx.now())
        ctx.logs.append(GROUP, name, [(at, f"line {at}") for at in range(10) if at % 2 == host], ctx.now())
    return {"LogGroup": GROUP, "LogStreams": [ONE, TWO]}


def test_hosts_are_one_log_in_the_order_of_time(ctx: Context, job: dict[str, Any]) -> None:
    answer = get_log_lines(ctx, {**job, "First": 3, "Count": 2})

    assert answer == {"Total": 10, "Lines": [(3, 1, 3, "line 3"), (4, 0, 4, "line 4")]}


def test_behind_the_end_there_is_no_line_yet(ctx: Context, job: dict[str, Any]) -> None:
    assert get_log_lines(ctx, {**job, "First": 10}) == {"Total": 10, "Lines": []}


def test_an_answer_is_bounded(ctx: Context, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_lines, "MOST_BYTES", 15)

    assert len(get_log_lines(ctx, job)["Lines"]) == 2


def test_a_text_is_found_in_any_case_and_behind_colours(ctx: Context, job: dict[str, Any]) -> None:
    said = [(20, "\x1b[31mAcc\x1b[0muracy"), (21, "accuracy\rdone"), (22, "50%\raccuracy")]
    ctx.logs.append(GROUP, ONE, said, ctx.now())

    answer = search_log_lines(ctx, {**job, "Text": "ACCUR"})

    assert answer == {"Numbers": [10, 12], "Next": 13, "Total": 13}


def test_a_search_goes_on_where_it_stopped(
    ctx: Context, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_lines, "MOST_SEARCHED", 4)
    found: list[int] = []
    first = 0
    while first < 10:
        answer = search_log_lines(ctx, {**job, "Text": "line", "First": first})
        found += answer["Numbers"]
        first = answer["Next"]

    assert found == list(range(10))


@pytest.mark.parametrize(
    ("message", "is_trouble"),
    [
        ("Traceback (most recent call last):", True),
        ("\x1b[31mValueError: no column\x1b[0m", True),
        ("ERROR could not open", True),
        ("errors: 0", False),
        ("MeanSquaredError 0.3", False),
    ],
)
def test_without_a_text_trouble_is_found(
    ctx: Context, job: dict[str, Any], message: str, is_trouble: bool
) -> None:
    ctx.logs.append(GROUP, TWO, [(30, message)], ctx.now())

    assert search_log_lines(ctx, job)["Numbers"] == ([10] if is_trouble else [])


@pytest.mark.parametrize(
    ("members", "named"),
    [({"LogStreams": []}, "LogStreams"), ({"First": -1}, "First"), ({"Count": "1"}, "Count")],
)
def test_a_bad_member_is_named(
    ctx: Context, job: dict[str, Any], members: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadRequest, match=named):
        get_log_lines(ctx, {**job, **members})


def test_each_stream_has_to_be_allowed(ctx: Context, job: dict[str, Any]) -> None:
    guest = replace(ctx, may=lambda action, resource: action == "logs:GetLogEvents" and ONE in resource)

    get_log_lines(guest, {**job, "LogStreams": [ONE]})
    with pytest.raises(Denied, match=f"logs:GetLogEvents on resource: .*{TWO}"):
        get_log_lines(guest, job)
    with pytest.raises(Denied, match="logs:FilterLogEvents"):
        search_log_lines(guest, {**job, "LogStreams": [ONE]})
