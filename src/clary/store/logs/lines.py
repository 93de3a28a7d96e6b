"""Lines of several streams by their number, as if they were one log in the order of time.

A number counts every event that the streams have accepted and that is before the line: of one stream, the
position of its event. No table has these numbers. They are found by bisection over time, because the first
position at a time says how many events of its stream are earlier. This needs streams whose times never
decrease, as those of hosts and rules (``LogStore.append`` with ``steady``).
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from clary.store.prepared import Prepared
from clary.store.schema import log_events

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from .streams import LogStream

SMALLEST_PIECE, LARGEST_PIECE = 256, 4_096
"""Of a stream, in one query. It grows: most readers want a screenful."""


_Row = tuple[int, int, int, str]
"""(epoch ms, index of the stream, position, message)"""


class StoredLine(NamedTuple):
    """number: from 0. stream: its index among the streams that were asked for."""

    number: int
    stream: int
    at_ms: int
    message: str


def lines_from(connection: Connection, streams: Sequence[LogStream], first: int) -> Iterator[StoredLine]:
    """Yields the lines from a number on, in order. Rows are fetched as needed."""
    at_ms, before = _find(connection, streams, first)
    sources = [_pieces(connection, index, stream, at_ms) for index, stream in enumerate(streams)]
    # Several lines may have the same time: those before the wanted one are skipped.
    merged = islice(_merged(sources), max(first - before, 0), None)
    for number, (time_ms, index, _, message) in enumerate(merged, max(first, before)):
        yield StoredLine(number, index, time_ms, message)


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


def _pieces(connection: Connection, index: int, stream: LogStream, at_ms: int) -> Iterator[list[_Row]]:
    """Yields the rows of a stream from a time on. A piece that is not full is the last one."""
    after_ms, after_position, limit = at_ms, 0, SMALLEST_PIECE
    while True:
        wanted = {"stream_": stream.id, "at_": after_ms, "position_": after_position, "limit_": limit}
        rows = _FROM.rows(connection, wanted)
        yield [(at, index, position, message) for at, position, message in rows]
        if len(rows) < limit:
            return
        after_ms, after_position, _ = rows[-1]
        limit = min(limit * 4, LARGEST_PIECE)


def _merged(sources: Sequence[Iterator[list[_Row]]]) -> Iterator[_Row]:
    """Yields the rows of all sources in order.

    Sorts what is complete in one go: a heap costs ten times as much for each row.
    """
    held: dict[int, list[_Row]] = {}
    waiting = dict(enumerate(sources))
    while waiting or held:
        for index in [index for index in waiting if not held.get(index)]:
            piece = next(waiting[index], None)
            if piece:
                held[index] = piece
            if piece is None:
                del waiting[index]
        # Of a source that goes on, rows after its last one are not known yet.
        known = [rows[-1] for index, rows in held.items() if index in waiting]
        until = min(known, default=None)
        batch: list[_Row] = []
        for index, rows in list(held.items()):
            cut = len(rows) if until is None else bisect_right(rows, until)
            batch += rows[:cut]
            held[index] = rows[cut:]
            if not held[index]:
                del held[index]
        batch.sort()
        yield from batch


_FIRST_AT = Prepared(
    sa.select(log_events.c.position)
    .where(log_events.c.stream == sa.bindparam("stream_"), log_events.c.at_ms >= sa.bindparam("at_"))
    .order_by(log_events.c.at_ms, log_events.c.position)
)
_FROM = Prepared(
    sa.select(log_events.c.at_ms, log_events.c.position, log_events.c.message)
    .where(
        log_events.c.stream == sa.bindparam("stream_"),
        sa.tuple_(log_events.c.at_ms, log_events.c.position)
        > sa.tuple_(sa.bindparam("at_"), sa.bindparam("position_")),
    )
    .order_by(log_events.c.at_ms, log_events.c.position)
    .limit(sa.bindparam("limit_"))
    .offset(sa.literal_column("0"))
)
