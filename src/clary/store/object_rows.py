"""The rows of current objects, one for each key, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from .prepared import Prepared
from .schema import buckets, objects

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Guard = Callable[["StoredObject | None"], None]
"""Checks the current object of a key in the transaction that replaces it, and raises to refuse."""

NULL = "null"
"""The id of the version that was written while versioning was off or suspended."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object, or one version of it. ``attributes`` is a JSON document of the caller.

    etag: without quotes. modified_at: epoch seconds.
    version: empty in a bucket without versioning; else an id, or NULL.
    """

    bucket: str
    key: str
    blob: str
    size: int
    etag: str
    modified_at: float
    attributes: dict[str, Any]
    version: str = ""

    @property
    def is_marker(self) -> bool:
        """Whether it is a delete marker: a version without content, which means that the key is deleted."""
        return not self.blob


def find_object(connection: Connection, bucket: str, key: str) -> StoredObject | None:
    rows = _FIND.rows(connection, {"b_bucket": bucket, "b_key": key.encode()})
    if not rows:
        return None
    row = rows[0]
    stored = to_object(row[:-1])
    return replace(stored, version=NULL) if row[-1] and not stored.version else stored


def put_object(connection: Connection, stored: StoredObject, *, exists: bool) -> None:
    """Writes the row of a key. exists: whether the key has a row, which is replaced."""
    if exists:
        _UPDATE.execute(connection, {**place_of(stored), **content_of(stored)})
    else:
        place = {"bucket": stored.bucket, "key": stored.key.encode()}
        _INSERT.execute(connection, {**place, **content_of(stored)})


def put_attributes(connection: Connection, stored: StoredObject, attributes: dict[str, Any]) -> None:
    values = {**place_of(stored), "attributes": orjson.dumps(attributes)}
    _UPDATE_ATTRIBUTES.execute(connection, values)


def drop_object(connection: Connection, stored: StoredObject) -> None:
    _DELETE.execute(connection, place_of(stored))


def object_range(
    connection: Connection, bucket: str, first: bytes, end: bytes | None, count: int
) -> list[StoredObject]:
    """Returns objects in key order, from ``first`` on and before ``end``."""
    place: dict[str, Any] = {"b_bucket": bucket, "first": first, "count": count}
    if end is None:
        rows = _RANGE_OPEN.rows(connection, place)
    else:
        rows = _RANGE.rows(connection, {**place, "end": end})
    return [to_object(row) for row in rows]


def version_column(version: str) -> str:
    """Returns a version as it is in rows: the null version is an empty text."""
    return "" if version == NULL else version


def content_of(stored: StoredObject) -> dict[str, Any]:
    """Returns the columns of a row without its key."""
    return {
        "blob": stored.blob,
        "size": stored.size,
        "etag": stored.etag,
        "modified_at": stored.modified_at,
        "attributes": orjson.dumps(stored.attributes),
        "version": version_column(stored.version),
    }


def place_of(stored: StoredObject) -> dict[str, Any]:
    return {"b_bucket": stored.bucket, "b_key": stored.key.encode()}


def to_object(row: Any) -> StoredObject:
    bucket, key, blob, size, etag, modified_at, attributes, version = row
    return StoredObject(
        bucket, bytes(key).decode(), blob, size, etag, modified_at, orjson.loads(attributes), version
    )


_THIS_KEY = sa.and_(objects.c.bucket == sa.bindparam("b_bucket"), objects.c.key == sa.bindparam("b_key"))
_VERSIONING = (
    sa.select(buckets.c.versioning).where(buckets.c.name == sa.bindparam("b_bucket")).scalar_subquery()
)
_CONTENT = ["blob", "size", "etag", "modified_at", "attributes", "version"]
_FIND = Prepared(sa.select(objects, _VERSIONING).where(_THIS_KEY))
_INSERT = Prepared(objects.insert(), ["bucket", "key", *_CONTENT])
_UPDATE = Prepared(sa.update(objects).where(_THIS_KEY), _CONTENT)
_UPDATE_ATTRIBUTES = Prepared(sa.update(objects).where(_THIS_KEY), ["attributes"])
_DELETE = Prepared(sa.delete(objects).where(_THIS_KEY))
_IN_RANGE = (
    sa.select(objects)
    .where(objects.c.bucket == sa.bindparam("b_bucket"), objects.c.key >= sa.bindparam("first"))
    .order_by(objects.c.key)
    .limit(sa.bindparam("count", type_=sa.Integer))
    .offset(sa.literal_column("0", sa.Integer))
)
_RANGE_OPEN = Prepared(_IN_RANGE)
_RANGE = Prepared(_IN_RANGE.where(objects.c.key < sa.bindparam("end")))
