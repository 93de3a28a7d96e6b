"""The rows of older versions and of delete markers, in the caller's transaction.

    objects     object_versions, of one key
    ┌─────────┐ ┌─────────┬─────────────┬─────────┐
    │ current │ │ rank -3 │   rank -2   │ rank -1 │     the smallest rank is the newest
    │   v4    │ │   v3    │ marker (v2) │   v1    │
    └─────────┘ └─────────┴─────────────┴─────────┘

The table ``objects`` has the current object of each key, so that versions do not slow down reading and
listing. A key whose newest version is a delete marker has no row there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from .object_listing import FIRST_RANK, Position
from .object_rows import (
    NULL,
    StoredObject,
    content_of,
    drop_object,
    find_object,
    place_of,
    put_object,
    to_object,
    version_column,
)
from .prepared import Prepared
from .schema import object_versions as table
from .schema import objects

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

CURRENT = FIRST_RANK
"""The rank of the current object of a key."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One version and its rank among those of its key. ``stored.version`` is an id, or NULL."""

    stored: StoredObject
    rank: int

    @property
    def key(self) -> str:
        return self.stored.key


def push(connection: Connection, stored: StoredObject) -> None:
    """Inserts ``stored`` as the newest version of its key in this table."""
    rank = _LEAST_RANK.scalar(connection, place_of(stored)) or 0
    place = {"bucket": stored.bucket, "key": stored.key.encode(), "rank": rank - 1}
    _INSERT.execute(connection, {**place, **content_of(stored)})


def retire(connection: Connection, current: StoredObject) -> None:
    """Moves the current object of a key to its older versions."""
    push(connection, current)
    drop_object(connection, current)


def promote(connection: Connection, bucket: str, key: str) -> None:
    """Makes the newest version the current object, unless it is a delete marker. There is no current one."""
    newest = find_newest(connection, bucket, key)
    if newest is not None and not newest.stored.is_marker:
        drop_version(connection, newest)
        put_object(connection, newest.stored, exists=False)


def find_newest(connection: Connection, bucket: str, key: str) -> Ranked | None:
    """Returns the newest version in this table, which does not have the current object."""
    rows = _NEWEST.rows(connection, {"b_bucket": bucket, "b_key": key.encode()})
    return _ranked(rows[0]) if rows else None


def find_version(connection: Connection, bucket: str, key: str, version: str) -> Ranked | None:
    """Returns a version of a key, the current object too, by its id or NULL."""
    current = find_object(connection, bucket, key)
    if current is not None and version_column(current.version) == version_column(version):
        return Ranked(current, CURRENT)
    place = {"b_bucket": bucket, "b_key": key.encode(), "b_version": version_column(version)}
    rows = _BY_ID.rows(connection, place)
    return _ranked(rows[0]) if rows else None


def drop_version(connection: Connection, version: Ranked) -> None:
    if version.rank == CURRENT:
        drop_object(connection, version.stored)
    else:
        _DROP.execute(connection, _row_of(version))


def put_version_attributes(connection: Connection, version: Ranked, attributes: dict[str, Any]) -> None:
    """Replaces the attributes of an older version."""
    _UPDATE.execute(connection, {**_row_of(version), "attributes": orjson.dumps(attributes)})


def any_version(connection: Connection, bucket: str) -> bool:
    return _ANY.scalar(connection, {"b_bucket": bucket}) is not None


def version_range(
    connection: Connection, bucket: str, first: Position, end: bytes | None, count: int
) -> list[Ranked]:
    """Returns versions by key, the newest first, from ``first`` on and of keys before ``end``."""
    key, rank = first
    place: dict[str, Any] = {
        "b_bucket": bucket,
        "first": key,
        "rank": rank,
        "first_current": key if rank <= CURRENT else key + b"\0",
        "count": count,
    }
    if end is None:
        rows = _RANGE_OPEN.rows(connection, place)
    else:
        rows = _RANGE.rows(connection, {**place, "end": end})
    return [_ranked(row) for row in rows]


def _row_of(version: Ranked) -> dict[str, Any]:
    return {**place_of(version.stored), "b_rank": version.rank}


def _ranked(row: Any) -> Ranked:
    *columns, version, rank = row
    return Ranked(to_object((*columns, version or NULL)), rank)


_COLUMNS = ("bucket", "key", "blob", "size", "etag", "modified_at", "attributes", "version")
_THIS_KEY = sa.and_(table.c.bucket == sa.bindparam("b_bucket"), table.c.key == sa.bindparam("b_key"))
_THIS_ROW = sa.and_(_THIS_KEY, table.c.rank == sa.bindparam("b_rank"))
_SELECT = sa.select(*(table.c[name] for name in _COLUMNS), table.c.rank)
_SELECT_CURRENT = sa.select(
    *(objects.c[name] for name in _COLUMNS), sa.literal_column(str(CURRENT)).label("rank")
)
_INSERT = Prepared(table.insert(), [*_COLUMNS, "rank"])
_LEAST_RANK = Prepared(sa.select(sa.func.min(table.c.rank)).where(_THIS_KEY))
_ONE, _NONE = sa.literal_column("1", sa.Integer), sa.literal_column("0", sa.Integer)
_NEWEST = Prepared(_SELECT.where(_THIS_KEY).order_by(table.c.rank).limit(_ONE).offset(_NONE))
_BY_ID = Prepared(_SELECT.where(_THIS_KEY, table.c.version == sa.bindparam("b_version")))
_DROP = Prepared(sa.delete(table).where(_THIS_ROW))
_UPDATE = Prepared(sa.update(table).where(_THIS_ROW), ["attributes"])
_ANY = Prepared(sa.select(_ONE).where(table.c.bucket == sa.bindparam("b_bucket")))


def _ranges(*, ends: bool) -> Prepared:
    current = _SELECT_CURRENT.where(
        objects.c.bucket == sa.bindparam("b_bucket"), objects.c.key >= sa.bindparam("first_current")
    )
    older = _SELECT.where(
        table.c.bucket == sa.bindparam("b_bucket"),
        sa.tuple_(table.c.key, table.c.rank) >= sa.tuple_(sa.bindparam("first"), sa.bindparam("rank")),
    )
    if ends:
        current = current.where(objects.c.key < sa.bindparam("end"))
        older = older.where(table.c.key < sa.bindparam("end"))
    count = sa.bindparam("count", type_=sa.Integer)
    return Prepared(sa.union_all(current, older).order_by("key", "rank").limit(count).offset(_NONE))


_RANGE_OPEN = _ranges(ends=False)
_RANGE = _ranges(ends=True)
