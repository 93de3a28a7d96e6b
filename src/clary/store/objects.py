"""Objects: what a key of a bucket holds now."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from .buckets import BucketMissing, bucket_exists
from .object_listing import Listing, list_level
from .schema import objects

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from .blob_files import BlobFiles
    from .database import Database
    from .staging import StagedBlob

Guard = Callable[["StoredObject | None"], None]
"""Looks at what a key holds inside the transaction that will replace it, and raises to refuse."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as of one moment. ``attributes`` is the caller's own JSON document about it.

    etag: without quotes. modified_at: epoch seconds.
    """

    bucket: str
    key: str
    blob: str
    size: int
    etag: str
    modified_at: float
    attributes: dict[str, Any]


@dataclass(slots=True)
class OpenObject:
    """An object whose content stays readable until ``close``, whatever happens to its key meanwhile."""

    object: StoredObject
    fd: int

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __del__(self) -> None:
        # An answer that was never sent drops its last reference here.
        self.close()


class Objects:
    """All objects of all buckets. Safe from any thread; each call is one transaction."""

    def __init__(self, database: Database, files: BlobFiles) -> None:
        self._database = database
        self._files = files

    def find(self, bucket: str, key: str) -> StoredObject | None:
        with self._database.read() as connection:
            return find_object(connection, bucket, key)

    def open(self, bucket: str, key: str) -> OpenObject | None:
        """The object with its content held open; None when the key holds nothing."""
        while (found := self.find(bucket, key)) is not None:
            try:
                return OpenObject(found, os.open(self._files.name(found.blob), os.O_RDONLY | os.O_CLOEXEC))
            except FileNotFoundError:
                # Replaced between the two lines above: then the row names another file by now.
                again = self.find(bucket, key)
                if again is not None and again.blob == found.blob:
                    raise
        return None

    def path(self, stored: StoredObject) -> Path:
        """The one regular file with an object's whole content. Read it or link it; never change it."""
        return self._files.path(stored.blob)

    def put(
        self,
        bucket: str,
        key: str,
        staged: StagedBlob,
        *,
        attributes: dict[str, Any],
        modified_at: float,
        etag: str | None = None,
        guard: Guard | None = None,
    ) -> StoredObject:
        """Makes staged content the object; raises BucketMissing or what ``guard`` raised, and discards it."""
        stored = StoredObject(
            bucket, key, staged.blob, staged.size, etag or staged.etag, modified_at, attributes
        )
        try:
            with self._files.removal() as remove, self._database.write() as connection:
                replace_object(connection, stored, remove, guard)
        except BaseException:
            staged.discard()
            raise
        staged.kept()
        return stored

    def put_same_content(
        self,
        source: StoredObject,
        bucket: str,
        key: str,
        *,
        attributes: dict[str, Any],
        modified_at: float,
        guard: Guard | None = None,
    ) -> StoredObject:
        """Makes another object of the same content without copying it.

        Raises FileNotFoundError when the source has just been replaced, BucketMissing, what ``guard`` raised.
        """
        blob = self._files.duplicate(source.blob)
        stored = StoredObject(bucket, key, blob, source.size, source.etag, modified_at, attributes)
        try:
            with self._files.removal() as remove, self._database.write() as connection:
                replace_object(connection, stored, remove, guard)
        except BaseException:
            self._files.discard(blob)
            raise
        self._files.journal.settle(blob)
        return stored

    def set_attributes(self, bucket: str, key: str, change: Callable[[StoredObject], dict[str, Any]]) -> bool:
        """Replaces an object's attributes by what ``change`` makes of it; False when there is no object."""
        with self._database.write() as connection:
            found = find_object(connection, bucket, key)
            if found is None:
                return False
            values = {"attributes": orjson.dumps(change(found))}
            connection.execute(_UPDATE, {**_where(found), **values})
        return True

    def delete(self, bucket: str, keys: Sequence[str], guard: Guard | None = None) -> None:
        """Deletes what is there of some keys, in one transaction. Raises BucketMissing."""
        with self._files.removal() as remove, self._database.write() as connection:
            if not bucket_exists(connection, bucket):
                raise BucketMissing(bucket)
            for key in keys:
                found = find_object(connection, bucket, key)
                if guard is not None:
                    guard(found)
                if found is not None:
                    connection.execute(_DELETE, _where(found))
                    remove(found.blob)

    def page(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int
    ) -> Listing[StoredObject]:
        """One page in byte order; see ``object_listing``."""
        with self._database.read() as connection:
            return list_level(
                lambda first, end, count: _range(connection, bucket, first, end, count),
                prefix=prefix.encode(),
                delimiter=delimiter.encode(),
                after=after.encode(),
                limit=limit,
            )


def find_object(connection: Connection, bucket: str, key: str) -> StoredObject | None:
    row = connection.execute(_FIND, {"b_bucket": bucket, "b_key": key.encode()}).one_or_none()
    return None if row is None else _from_row(row)


def replace_object(
    connection: Connection, stored: StoredObject, remove: Callable[[str], None], guard: Guard | None
) -> None:
    """Makes ``stored`` what its key holds; what the key held before is handed to ``remove``."""
    if not bucket_exists(connection, stored.bucket):
        raise BucketMissing(stored.bucket)
    current = find_object(connection, stored.bucket, stored.key)
    if guard is not None:
        guard(current)
    values = {
        "blob": stored.blob,
        "size": stored.size,
        "etag": stored.etag,
        "modified_at": stored.modified_at,
        "attributes": orjson.dumps(stored.attributes),
    }
    if current is None:
        connection.execute(_INSERT, {"bucket": stored.bucket, "key": stored.key.encode(), **values})
    else:
        connection.execute(_UPDATE, {**_where(stored), **values})
        remove(current.blob)


_THIS_KEY = sa.and_(objects.c.bucket == sa.bindparam("b_bucket"), objects.c.key == sa.bindparam("b_key"))
_FIND = sa.select(objects).where(_THIS_KEY)
_INSERT = objects.insert()
_UPDATE = sa.update(objects).where(_THIS_KEY)
_DELETE = sa.delete(objects).where(_THIS_KEY)
_RANGE_OPEN = (
    sa.select(objects)
    .where(objects.c.bucket == sa.bindparam("b_bucket"), objects.c.key >= sa.bindparam("first"))
    .order_by(objects.c.key)
    .limit(sa.bindparam("count"))
)
_RANGE = _RANGE_OPEN.where(objects.c.key < sa.bindparam("end"))


def _range(
    connection: Connection, bucket: str, first: bytes, end: bytes | None, count: int
) -> list[StoredObject]:
    place: dict[str, Any] = {"b_bucket": bucket, "first": first, "count": count}
    if end is None:
        rows = connection.execute(_RANGE_OPEN, place).all()
    else:
        rows = connection.execute(_RANGE, {**place, "end": end}).all()
    return [_from_row(row) for row in rows]


def _where(stored: StoredObject) -> dict[str, Any]:
    return {"b_bucket": stored.bucket, "b_key": stored.key.encode()}


def _from_row(row: Any) -> StoredObject:
    bucket, key, blob, size, etag, modified_at, attributes = row
    return StoredObject(bucket, bytes(key).decode(), blob, size, etag, modified_at, orjson.loads(attributes))
