"""A job's log by the numbers of its lines: of one host, or of all hosts in the order of time.

CloudWatch pages from line to line. A page that shows a million lines has to reach any of them at once, and a
link to a line has to name it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.domain.arns import Arn
from clary.services.logs._request import kept_since_ms

from ._request import count_of, require, text_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.services.context import Context, Document

GET, FILTER = "logs:GetLogEvents", "logs:FilterLogEvents"

MOST_STREAMS = 64
MOST_LINES = 5_000
MOST_BYTES = 1 << 20
"""Of an answer; it has at least one line."""
LONGEST_LINE = 16 << 10
"""Characters of a line that an answer has at most. The log keeps all of them."""
MOST_FOUND = 2_000
MOST_SEARCHED = 100_000
LAST = 2**53

_COMMAND = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_TROUBLE = re.compile(
    r"\b(?:Traceback \(most recent call last\)|\w*(?:Error|Exception)\b(?::|$)|ERROR\b|CRITICAL\b|FATAL\b|"
    r"Killed\b)"
)
"""How trouble begins, in what Python, the shell and the platform write."""
_SIGNS = ("Traceback", "Error", "Exception", "ERROR", "CRITICAL", "FATAL", "Killed")


def get_log_lines(ctx: Context, request: dict[str, object]) -> Document:
    """LogGroup, LogStreams: whose. First: the number of the first line, from 0. Count: at most so many.

    Returns Total, the number of all lines now, and Lines: [number, index of the stream, epoch ms, text].
    """
    group, names = _streams(ctx, request, GET)
    first = count_of(request, "First", default=0, least=0, most=LAST)
    count = count_of(request, "Count", default=1_000, least=0, most=MOST_LINES)
    found: list[tuple[int, int, int, str]] = []
    size = 0
    kept_since = kept_since_ms(ctx, ctx.logs.group(group))
    with ctx.logs.lines(group, names, first) as (total, lines):
        while len(found) < count and (line := next(lines, None)) is not None:
            if line.at_ms < kept_since:
                continue
            message = line.message[:LONGEST_LINE]
            size += len(message)
            if found and size > MOST_BYTES:
                break
            found.append((line.number, line.stream, line.at_ms, message))
    return {"Total": total, "Lines": found}


def search_log_lines(ctx: Context, request: dict[str, object]) -> Document:
    """Text: what lines have to contain, in any case. Without it: lines that say that something went wrong.

    First: the number of the line to begin at. Returns Numbers of the lines found, and Next: where another
    search has to go on, or Total at the end.
    """
    group, names = _streams(ctx, request, FILTER)
    first = count_of(request, "First", default=0, least=0, most=LAST)
    most = count_of(request, "Count", default=MOST_FOUND, least=1, most=MOST_FOUND)
    is_found = _contains(text_of(request, "Text", most=1_024)) if "Text" in request else _tells_trouble
    numbers: list[int] = []
    seen = 0
    following = first
    kept_since = kept_since_ms(ctx, ctx.logs.group(group))
    with ctx.logs.lines(group, names, first) as (total, lines):
        for line in lines:
            seen += 1
            following = line.number + 1
            if line.at_ms >= kept_since and is_found(line.message[:LONGEST_LINE]):
                numbers.append(line.number)
            if len(numbers) >= most or seen >= MOST_SEARCHED:
                break
        else:
            following = max(total, first)
    return {"Numbers": numbers, "Next": following, "Total": total}


def _streams(ctx: Context, request: dict[str, object], action: str) -> tuple[str, list[str]]:
    """The group and the streams, which the caller may read. Raises BadRequest and Denied."""
    group = text_of(request, "LogGroup", most=512)
    names = texts_of(request, "LogStreams", most=MOST_STREAMS)
    arn = Arn("logs", ctx.region, ctx.account, f"log-group:{group}:log-stream:")
    # As AWS authorizes them: FilterLogEvents on a group, GetLogEvents on a stream.
    for name in names if action == GET else [""]:
        require(ctx, action, f"{arn}{name}")
    return group, names


def _contains(text: str) -> Callable[[str], bool]:
    wanted = text.lower()

    def is_found(message: str) -> bool:
        if "\x1b" in message or "\r" in message:
            message = _plain(message)
        return wanted in message.lower()

    return is_found


def _tells_trouble(message: str) -> bool:
    # The expression alone takes ten times as long for a line without any of them.
    return any(sign in message for sign in _SIGNS) and _TROUBLE.search(_plain(message)) is not None


def _plain(message: str) -> str:
    """A line as a terminal shows it at the end: without colours, and without what was overwritten."""
    return _COMMAND.sub("", message.rstrip("\r").rpartition("\r")[2])
