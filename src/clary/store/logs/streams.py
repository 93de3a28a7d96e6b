"""The rows of log groups and streams, in the caller's transaction.

Creation times are epoch seconds, event times epoch milliseconds (0: no event yet).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from clary.domain.errors import Conflict, NotFound
from clary.store.dialects import member, place_in
from clary.store.prepared import Prepared
from clary.store.schema import log_groups, log_streams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class LogGroup:
    """attributes: spelled as on the wire: retentionInDays, logGroupClass, kmsKeyId, ..."""

    name: str
    created_at: float
    stored_bytes: int
    attributes: Mapping[str, Any]

    @property
    def keep_ms(self) -> int | None:
        """How long an event is kept; None means for ever."""
        days = self.attributes.get("retentionInDays")
        return None if days is None else int(days) * 86_400_000


@dataclass(frozen=True, slots=True)
class LogStream:
    id: int
    name: str
    created_at: float
    first_event_ms: int
    last_event_ms: int
    last_ingested_ms: int
    event_count: int


def has_group(connection: Connection, name: str) -> bool:
    return bool(_GROUP.rows(connection, {"name": name}))


def insert_group(connection: Connection, name: str, attributes: Mapping[str, Any], now: float) -> None:
    """Raises Conflict when the name is taken."""
    if has_group(connection, name):
        raise Conflict("The specified log group already exists", code="ResourceAlreadyExistsException")
    connection.execute(
        log_groups.insert(), {"name": name, "created_at": now, "attributes": orjson.dumps(dict(attributes))}
    )


def find_group(connection: Connection, name: str) -> LogGroup:
    """Returns a group without its size (0), which is a sum over its streams. Raises NotFound."""
    rows = _GROUP.rows(connection, {"name": name})
    if not rows:
        raise NotFound("The specified log group does not exist.", code="ResourceNotFoundException")
    ((_, created_at, attributes),) = rows
    return LogGroup(name, created_at, 0, orjson.loads(attributes))


def update_group(connection: Connection, name: str, changes: Mapping[str, Any]) -> None:
    """Merges ``changes`` into the attributes of a group; None removes one. Raises NotFound."""
    merged = {**find_group(connection, name).attributes, **changes}
    kept = {key: value for key, value in merged.items() if value is not None}
    connection.execute(
        log_groups.update().where(log_groups.c.name == name).values(attributes=orjson.dumps(kept))
    )


def remove_group(connection: Connection, name: str) -> None:
    find_group(connection, name)
    connection.execute(log_streams.delete().where(log_streams.c.log_group == name))
    connection.execute(log_groups.delete().where(log_groups.c.name == name))


def list_groups(
    connection: Connection,
    *,
    prefix: str = "",
    contains: str = "",
    names: Sequence[str] | None = None,
    log_class: str = "",
    after: str = "",
    limit: int | None,
) -> list[LogGroup]:
    """Returns groups by name, after the name ``after``; ``contains`` ignores case. limit: None for all."""
    size = (
        sa.select(sa.cast(sa.func.coalesce(sa.func.sum(log_streams.c.stored_bytes), 0), sa.BigInteger))
        .where(log_streams.c.log_group == log_groups.c.name)
        .scalar_subquery()
    )
    statement = sa.select(log_groups, size.label("stored_bytes")).where(
        log_groups.c.name > after, *_starts_with(log_groups.c.name, prefix)
    )
    if contains:
        statement = statement.where(place_in(sa.func.lower(log_groups.c.name), contains.lower()) > 0)
    if names is not None:
        statement = statement.where(log_groups.c.name.in_(names))
    if log_class:
        stored_class = member(log_groups.c.attributes, "logGroupClass")
        statement = statement.where(sa.func.coalesce(stored_class, "STANDARD") == log_class)
    rows = connection.execute(statement.order_by(log_groups.c.name).limit(limit))
    return [
        LogGroup(row.name, row.created_at, row.stored_bytes, orjson.loads(row.attributes)) for row in rows
    ]


def has_stream(connection: Connection, group: str, name: str) -> bool:
    return _stream_row(connection, group, name) is not None


def insert_stream(connection: Connection, group: str, name: str, now: float) -> None:
    """Raises NotFound without the group, Conflict when the name is taken."""
    find_group(connection, group)
    if has_stream(connection, group, name):
        raise Conflict("The specified log stream already exists", code="ResourceAlreadyExistsException")
    _INSERT_STREAM.execute(connection, {"log_group": group, "name": name, "created_at": now})


def find_stream(connection: Connection, group: str, name: str) -> LogStream:
    """Returns a stream. Raises NotFound, with a message about the group or the stream."""
    stream = _stream_row(connection, group, name)
    if stream is None:
        find_group(connection, group)
        raise NotFound("The specified log stream does not exist.", code="ResourceNotFoundException")
    return stream


def remove_stream(connection: Connection, group: str, name: str) -> None:
    stream = find_stream(connection, group, name)
    connection.execute(log_streams.delete().where(log_streams.c.id == stream.id))


def list_streams(
    connection: Connection,
    group: str,
    *,
    prefix: str = "",
    by_time: bool = False,
    descending: bool = False,
    after: tuple[int, str] | None = None,
    limit: int = 50,
) -> list[LogStream]:
    """Returns streams after ``after``, by name or by (time of the last event, name). Raises NotFound."""
    find_group(connection, group)
    c = log_streams.c
    order = [c.last_event_ms, c.name] if by_time else [c.name]
    statement = sa.select(*_STREAM_COLUMNS).where(c.log_group == group, *_starts_with(c.name, prefix))
    if after is not None:
        here = sa.tuple_(*order)
        edge = sa.tuple_(*(sa.literal(part) for part in (after if by_time else after[1:])))
        statement = statement.where(here < edge if descending else here > edge)
    direction = sa.desc if descending else sa.asc
    statement = statement.order_by(*(direction(column) for column in order)).limit(limit)
    return [LogStream(*row) for row in connection.execute(statement)]


def streams_with_events(
    connection: Connection,
    group: str,
    *,
    names: Sequence[str] | None,
    prefix: str,
    start_ms: int,
    end_ms: int,
) -> list[LogStream]:
    """Returns the streams that may have an event with start_ms <= time < end_ms."""
    c = log_streams.c
    statement = sa.select(*_STREAM_COLUMNS).where(
        c.log_group == group,
        c.event_count > 0,
        c.last_event_ms >= start_ms,
        c.first_event_ms < end_ms,
        *_starts_with(c.name, prefix),
    )
    if names is not None:
        statement = statement.where(c.name.in_(names))
    return [LogStream(*row) for row in connection.execute(statement)]


def _stream_row(connection: Connection, group: str, name: str) -> LogStream | None:
    rows = _STREAM.rows(connection, {"group": group, "name": name})
    return LogStream(*rows[0]) if rows else None


def _starts_with(column: sa.Column[str], prefix: str) -> list[sa.ColumnElement[bool]]:
    """Builds the condition as a range, so that an index is used. LIKE ignores case, and has wildcards."""
    return [column >= prefix, column < prefix + "\U0010ffff"] if prefix else []


_GROUP = Prepared(
    sa.select(log_groups.c.name, log_groups.c.created_at, log_groups.c.attributes).where(
        log_groups.c.name == sa.bindparam("name")
    )
)
_STREAM_COLUMNS = (
    log_streams.c.id,
    log_streams.c.name,
    log_streams.c.created_at,
    log_streams.c.first_event_ms,
    log_streams.c.last_event_ms,
    log_streams.c.last_ingested_ms,
    log_streams.c.event_count,
)
_STREAM = Prepared(
    sa.select(*_STREAM_COLUMNS).where(
        log_streams.c.log_group == sa.bindparam("group"), log_streams.c.name == sa.bindparam("name")
    )
)
_INSERT_STREAM = Prepared(log_streams.insert(), ["log_group", "name", "created_at"])
