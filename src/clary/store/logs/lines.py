"""Lines of several streams by their number, as if they were one log in the order of time.

A number counts every event that the streams have accepted and that is before the line: of one stream, the
position of its event. No table has these numbers. They are found by bisection over time, because the first
position at a time says how many events of its stream are earlier. This needs streams whose times never
decrease, as those of hosts and rules (``LogStore.append`` with ``steady``).
"""

from __future__ import annotations

import heapq
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from clary.store.prepared import Prepared
from clary.store.schema import log_events

from .events import END, EventPosition, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from .streams import LogStream

SMALLEST_PIECE, LARGEST_PIECE = 256, 4_096
"""Of a stream, in one query. It grows: most readers want a screenful."""


class Line(NamedTuple):
    """number: from 0. stream: its index among the streams that were asked for."""

    number: int
    stream: int
    at_ms: int
    message: str


def lines_from(connection: Connection, streams: Sequence[LogStream], first: int) -> Iterator[Line]:
    """Yields the lines from a number on, in order. Rows are fetched as needed."""
    at_ms, before = _find(connection, streams, first)
    sources = [_events(connection, index, stream, at_ms) for index, stream in enumerate(streams)]
    # Several lines may have the same time: those before the wanted one are skipped.
    merged = islice(heapq.merge(*sources), max(first - before, 0), None)
    for number, (time_ms, index, _, message) in enumerate(merged, max(first, before)):
        yield Line(number, index, time_ms, message)


def _find(connection: Connection, streams: Sequence[LogStream], first: int) -> tuple[int, int]:
    """Returns the latest time with at most ``first`` events before it, and the number of these events."""
    filled = [stream for stream in streams if stream.event_count > 0]
    low = min((stream.first_event_ms for stream in filled), default=0)
    high = max((stream.last_event_ms for stream in filled), default=0)
    before = sum(_earlier(connection, stream, low) for stream in filled)
    while low < high:
        middle = (low + high + 1) // 2
        count = sum(_earlier(connection, stream, middle) for stream in filled)
        if count <= first:
            low, before = middle, count
        else:
            high = middle - 1
    return low, before


def _earlier(connection: Connection, stream: LogStream, at_ms: int) -> int:
    """Returns how many events of a stream are before a time, those that retention has removed included."""
    if at_ms > stream.last_event_ms:
        return stream.event_count
    position = _FIRST_AT.scalar(connection, {"stream_": stream.id, "at_": at_ms})
    return stream.event_count if position is None else int(position) - 1


def _events(
    connection: Connection, index: int, stream: LogStream, at_ms: int
) -> Iterator[tuple[int, int, int, str]]:
    after = EventPosition(at_ms, 0)
    limit = SMALLEST_PIECE
    while True:
        piece = list(scan(connection, stream.id, after=after, before=END, backwards=False, limit=limit))
        for event in piece:
            yield event.at_ms, index, event.position, event.message
        if len(piece) < limit:
            return
        after = EventPosition(piece[-1].at_ms, piece[-1].position)
        limit = min(limit * 4, LARGEST_PIECE)


_FIRST_AT = Prepared(
    sa.select(log_events.c.position)
    .where(log_events.c.stream == sa.bindparam("stream_"), log_events.c.at_ms >= sa.bindparam("at_"))
    .order_by(log_events.c.at_ms, log_events.c.position)
)
