"""Buckets: their rows and what is set on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from .prepared import Prepared
from .schema import buckets, object_versions, objects, uploads
from .upload_rows import delete_upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from .database import Database
    from .object_contents import ObjectContents


ENABLED, SUSPENDED = "Enabled", "Suspended"


class BucketMissing(Exception):
    """No bucket of that name."""


class BucketTaken(Exception):
    """A bucket of that name exists already."""


class BucketHasObjects(Exception):
    """Only an empty bucket can be deleted."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """versioning: ENABLED, SUSPENDED, or empty if it was never enabled."""

    name: str
    region: str
    owner: str
    created_at: float
    tags: dict[str, str]
    versioning: str = ""


class Buckets:
    """All buckets. Safe to use from any thread."""

    def __init__(self, database: Database, contents: ObjectContents) -> None:
        self._database = database
        self._contents = contents

    def create(self, bucket: Bucket) -> None:
        """Creates a bucket. Raises BucketTaken."""
        with self._database.write() as connection:
            if bucket_exists(connection, bucket.name):
                raise BucketTaken(bucket.name)
            connection.execute(buckets.insert(), _to_row(bucket))

    def find(self, name: str) -> Bucket | None:
        with self._database.read() as connection:
            rows = _BY_NAME.rows(connection, {"name": name})
        return _from_row(rows[0]) if rows else None

    def exists(self, name: str) -> bool:
        with self._database.read() as connection:
            return bucket_exists(connection, name)

    def page(
        self, *, prefix: str = "", after: str = "", limit: int, region: str | None = None
    ) -> list[Bucket]:
        """Returns buckets in name order, after the name ``after``, whose names begin with ``prefix``.

        region: None for all regions.
        """
        query = sa.select(buckets).where(
            buckets.c.name > after, buckets.c.name.startswith(prefix, autoescape=True)
        )
        if region is not None:
            query = query.where(buckets.c.region == region)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(buckets.c.name).limit(limit)).all()
        return [_from_row(row) for row in rows]

    def set_tags(self, name: str, tags: dict[str, str]) -> None:
        """Replaces all tags of a bucket. Raises BucketMissing."""
        with self._database.write() as connection:
            change = sa.update(buckets).where(buckets.c.name == name).values(tags=orjson.dumps(tags))
            if connection.execute(change).rowcount == 0:
                raise BucketMissing(name)

    def set_versioning(self, name: str, state: str) -> None:
        """Sets versioning to ENABLED or SUSPENDED. Raises BucketMissing."""
        with self._database.write() as connection:
            change = sa.update(buckets).where(buckets.c.name == name).values(versioning=state)
            if connection.execute(change).rowcount == 0:
                raise BucketMissing(name)

    def delete(self, name: str) -> None:
        """Deletes an empty bucket, with its unfinished uploads. Raises BucketMissing or BucketHasObjects."""
        with self._contents.changing() as (connection, remove):
            if not bucket_exists(connection, name):
                raise BucketMissing(name)
            for anything in (_ANY_OBJECT, _ANY_VERSION):
                if anything.scalar(connection, {"bucket": name}) is not None:
                    raise BucketHasObjects(name)
            for (upload,) in _UPLOADS.rows(connection, {"bucket": name}):
                delete_upload(connection, upload, remove)
            connection.execute(sa.delete(buckets).where(buckets.c.name == name))


_BY_NAME = Prepared(sa.select(buckets).where(buckets.c.name == sa.bindparam("name")))
_VERSIONING = Prepared(sa.select(buckets.c.versioning).where(buckets.c.name == sa.bindparam("name")))
_UPLOADS = Prepared(sa.select(uploads.c.id).where(uploads.c.bucket == sa.bindparam("bucket")))
_ONE = sa.literal_column("1", sa.Integer)
_ANY_OBJECT, _ANY_VERSION = (
    Prepared(sa.select(_ONE).where(table.c.bucket == sa.bindparam("bucket")))
    for table in (objects, object_versions)
)


def bucket_exists(connection: Connection, name: str) -> bool:
    return versioning_of(connection, name) is not None


def versioning_of(connection: Connection, name: str) -> str | None:
    """Returns the versioning of a bucket, as in ``Bucket``; None when there is no such bucket."""
    versioning: str | None = _VERSIONING.scalar(connection, {"name": name})
    return versioning


def _to_row(bucket: Bucket) -> dict[str, object]:
    return {
        "name": bucket.name,
        "region": bucket.region,
        "owner": bucket.owner,
        "created_at": bucket.created_at,
        "tags": orjson.dumps(bucket.tags),
        "versioning": bucket.versioning,
    }


def _from_row(row: Sequence[Any]) -> Bucket:
    """Makes a bucket of a row, which has the columns of the table in its order."""
    name, region, owner, created_at, tags, versioning = row
    return Bucket(name, region, owner, created_at, orjson.loads(tags), versioning)
