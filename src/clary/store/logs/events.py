"""Events of one stream: appended in batches, read by time.

Events of a stream are ordered by time, then by arrival. So a reader that counts the events of the last
millisecond, as the sagemaker SDK does, continues at the right one.
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
"""AWS adds so much to the UTF-8 length of a message, in batches and in pages."""


class LogEvent(NamedTuple):
    at_ms: int
    position: int
    ingested_ms: int
    message: str


class EventPosition(NamedTuple):
    """A position between events: all events up to (at_ms, position) are before it."""

    at_ms: int
    position: int


START = EventPosition(0, 0)
END = EventPosition(2**62, 0)


def append_events(
    connection: Connection, stream: LogStream, events: Sequence[tuple[int, str]], ingested_ms: int
) -> int:
    """Appends (at_ms, message) pairs. Returns how many events the stream has accepted in all."""
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
    """Returns the size of an event, as AWS's limits of batches and pages count it."""
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
    """Yields the events strictly between two positions, nearest first. Rows are fetched as needed."""
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
    """Removes the events of a group before a time. The counts of accepted events stay."""
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
