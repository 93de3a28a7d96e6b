"""Lines of one stream: appended in batches, read by time.

Within a stream, lines are ordered by (time, order of arrival). A reader that counts how many lines of
the last millisecond it has seen, as the sagemaker SDK does, finds its place again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from clary.store.prepared import Prepared
from clary.store.schema import log_events, log_streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from .streams import LogStream

OVERHEAD_BYTES = 26
"""What AWS adds to the UTF-8 length of a message, in batches and in pages."""


class LogEvent(NamedTuple):
    at_ms: int
    position: int
    ingested_ms: int
    message: str


class EventPosition(NamedTuple):
    """A point between lines: everything at or before (at_ms, position) lies to its left."""

    at_ms: int
    position: int


START = EventPosition(0, 0)
END = EventPosition(2**62, 0)


def append_events(
    connection: Connection, stream: LogStream, events: Sequence[tuple[int, str]], ingested_ms: int
) -> int:
    """Adds (at_ms, message) pairs in their order; returns how many the stream has accepted in all."""
    first = stream.event_count + 1
    _INSERT.execute_many(
        connection,
        [
            {
                "stream": stream.id,
                "at_ms": at_ms,
                "position": position,
                "ingested_ms": ingested_ms,
                "message": message,
            }
            for position, (at_ms, message) in enumerate(events, first)
        ],
    )
    times = [at_ms for at_ms, _ in events]
    earliest, latest = min(times), max(times)
    if stream.event_count > 0:
        earliest, latest = min(earliest, stream.first_event_ms), max(latest, stream.last_event_ms)
    count = stream.event_count + len(events)
    _TOUCH.execute(
        connection,
        {
            "id_": stream.id,
            "first_event_ms": earliest,
            "last_event_ms": latest,
            "last_ingested_ms": ingested_ms,
            "event_count": count,
            "added_bytes": sum(event_bytes(message) for _, message in events),
        },
    )
    return count


def event_bytes(message: str) -> int:
    """What one line counts against AWS's limits of batches and pages."""
    return (len(message) if message.isascii() else len(message.encode())) + OVERHEAD_BYTES


def scan(
    connection: Connection,
    stream_id: int,
    *,
    after: EventPosition,
    before: EventPosition,
    backwards: bool,
    limit: int,
) -> Iterator[LogEvent]:
    """The lines strictly between two places, nearest first; rows are fetched as they are taken."""
    statement = _BACKWARDS if backwards else _FORWARDS
    rows = connection.execute(
        statement,
        {
            "stream": stream_id,
            "after_ms": after.at_ms,
            "after_position": after.position,
            "before_ms": before.at_ms,
            "before_position": before.position,
            "limit": limit,
        },
    )
    try:
        while batch := rows.fetchmany(1_000):
            for row in batch:
                yield LogEvent._make(row)
    finally:
        rows.close()


def remove_older(connection: Connection, group: str, before_ms: int) -> None:
    """Removes a group's events from before an instant. What the streams have accepted stays counted."""
    of_group = sa.select(log_streams.c.id).where(log_streams.c.log_group == group)
    connection.execute(
        log_events.delete().where(log_events.c.stream.in_(of_group), log_events.c.at_ms < before_ms)
    )


def _between(*order: sa.UnaryExpression[int]) -> sa.Select[tuple[int, int, int, str]]:
    c = log_events.c
    here = sa.tuple_(c.at_ms, c.position)
    return (
        sa.select(c.at_ms, c.position, c.ingested_ms, c.message)
        .where(
            c.stream == sa.bindparam("stream"),
            here > sa.tuple_(sa.bindparam("after_ms"), sa.bindparam("after_position")),
            here < sa.tuple_(sa.bindparam("before_ms"), sa.bindparam("before_position")),
        )
        .order_by(*order)
        .limit(sa.bindparam("limit"))
    )


_INSERT = Prepared(log_events.insert(), ["stream", "at_ms", "position", "ingested_ms", "message"])
_TOUCH = Prepared(
    log_streams.update()
    .where(log_streams.c.id == sa.bindparam("id_"))
    .values(
        first_event_ms=sa.bindparam("first_event_ms"),
        last_event_ms=sa.bindparam("last_event_ms"),
        last_ingested_ms=sa.bindparam("last_ingested_ms"),
        event_count=sa.bindparam("event_count"),
        stored_bytes=log_streams.c.stored_bytes + sa.bindparam("added_bytes"),
    )
)
_FORWARDS = _between(log_events.c.at_ms.asc(), log_events.c.position.asc())
_BACKWARDS = _between(log_events.c.at_ms.desc(), log_events.c.position.desc())
