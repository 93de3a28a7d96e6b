"""Objects of buckets: reading, writing, deleting and listing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .buckets import BucketMissing, versioning_of
from .object_changes import Deletion, Doomed, delete_object, replace_object
from .object_listing import FIRST_RANK, Listing, Position, after_entry, list_level
from .object_rows import Guard, StoredObject, find_object, object_range, put_attributes
from .open_object import OpenObject, content_of
from .version_listing import VersionPage, list_versions
from .version_rows import CURRENT, find_newest, find_version, put_version_attributes, version_range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from .database import Database
    from .object_contents import ObjectContents
    from .staging import StagedBlob

__all__ = ["Guard", "Objects", "OpenObject", "StoredObject"]


class Objects:
    """All objects of all buckets. Safe to use from any thread. Each call is one transaction."""

    def __init__(self, database: Database, contents: ObjectContents) -> None:
        self._database = database
        self._contents = contents

    def find(self, bucket: str, key: str, version: str | None = None) -> StoredObject | None:
        """Returns the current object, or one version, which may be a delete marker; None without it."""
        with self._database.read() as connection:
            return _find(connection, bucket, key, version)

    def find_tagged(self, bucket: str, key: str, version: str | None = None) -> StoredObject | None:
        """The same as ``find``, and its attributes have the tags."""
        return self.find(bucket, key, version)

    def find_marker(self, bucket: str, key: str) -> StoredObject | None:
        """Returns the delete marker that is the newest version of a key; None when it is not a marker."""
        with self._database.read() as connection:
            if find_object(connection, bucket, key) is not None:
                return None
            newest = find_newest(connection, bucket, key)
        return None if newest is None else newest.stored

    def open(self, bucket: str, key: str, version: str | None = None) -> OpenObject | None:
        """Opens the content of an object. Returns None when there is none, or only a delete marker."""
        with self._database.read() as connection:
            while (found := _find(connection, bucket, key, version)) is not None and not found.is_marker:
                try:
                    content = self._contents.open(connection, found.blob, found.size)
                except FileNotFoundError:
                    # It was replaced after it was found: then the row names other content now.
                    again = _find(connection, bucket, key, version)
                    if again is not None and again.blob == found.blob:
                        raise
                else:
                    if isinstance(content, bytes):
                        return OpenObject(found, content)
                    if isinstance(content, int):
                        return OpenObject(found, None, content)
                    return OpenObject(found, None, reader=content)
        return None

    def content(self, uri: str, most_bytes: int) -> bytes | None:
        """Returns the content of an object; None if there is none, or if it is larger than ``most_bytes``.

        Raises OSError and BackingError.
        """
        return content_of(self, uri, most_bytes)

    def path(self, stored: StoredObject) -> Path | None:
        """Returns a file with the whole content of an object; see ``BlobStore.local_path``."""
        return self._contents.path(stored.blob)

    def url(self, stored: StoredObject) -> str:
        """Returns where anybody can read the content for an hour; empty for content that is only here."""
        return self._contents.url(stored.blob)

    def put(
        self,
        bucket: str,
        key: str,
        staged: StagedBlob,
        *,
        attributes: dict[str, Any],
        modified_at: float,
        guard: Guard | None = None,
        also: Callable[[], None] | None = None,
    ) -> StoredObject:
        """Stores staged content as the object. Discards it with BucketMissing or the error of ``guard``.

        also: called in the same transaction. When it raises, nothing is stored.
        """
        stored = StoredObject(bucket, key, staged.blob, staged.size, staged.etag, modified_at, attributes)
        try:
            with self._contents.changing() as (connection, remove):
                stored = replace(stored, blob=self._contents.name_in(connection, staged))
                stored = replace_object(connection, stored, remove, guard)
                if also is not None:
                    also()
        except BaseException:
            staged.discard()
            raise
        staged.kept()
        self._database.sync_log()
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
        """Stores the content of another object without a copy.

        Raises FileNotFoundError when the source has just been replaced, BucketMissing, or the error of
        ``guard``.
        """
        stored = StoredObject(bucket, key, source.blob, source.size, source.etag, modified_at, attributes)
        with (
            self._contents.duplicate(source.blob, source.size) as name_in,
            self._contents.changing() as (connection, remove),
        ):
            stored = replace(stored, blob=name_in(connection))
            stored = replace_object(connection, stored, remove, guard)
        self._database.sync_log()
        return stored

    def set_attributes(
        self,
        bucket: str,
        key: str,
        change: Callable[[StoredObject], dict[str, Any]],
        version: str | None = None,
    ) -> StoredObject | None:
        """Replaces the attributes of an object with the result of ``change``; None without the object."""
        with self._database.write() as connection:
            if version is None:
                found = find_object(connection, bucket, key)
                if found is not None:
                    put_attributes(connection, found, change(found))
                return found
            ranked = find_version(connection, bucket, key, version)
            if ranked is None or ranked.stored.is_marker:
                return None
            if ranked.rank == CURRENT:
                put_attributes(connection, ranked.stored, change(ranked.stored))
            else:
                put_version_attributes(connection, ranked, change(ranked.stored))
            return ranked.stored

    def delete(
        self, bucket: str, doomed: Sequence[Doomed], guard: Guard | None = None, *, at: float = 0.0
    ) -> list[Deletion]:
        """Deletes keys, or versions of them, in one transaction. Raises BucketMissing."""
        with self._contents.changing() as (connection, remove):
            versioning = versioning_of(connection, bucket)
            if versioning is None:
                raise BucketMissing(bucket)
            return [
                delete_object(connection, bucket, item, remove, guard, versioning=versioning, at=at)
                for item in doomed
            ]

    def page(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int
    ) -> Listing[StoredObject]:
        """Returns one page of keys in byte order; see ``object_listing``."""
        with self._database.read() as connection:
            return list_level(
                lambda first, end, count: object_range(connection, bucket, first[0], end, count),
                _behind_object,
                prefix=prefix.encode(),
                delimiter=delimiter.encode(),
                first=after_entry(after.encode(), prefix.encode(), delimiter.encode()),
                limit=limit,
            )

    def page_of_versions(
        self,
        bucket: str,
        *,
        prefix: str = "",
        delimiter: str = "",
        key_marker: str = "",
        version_marker: str = "",
        limit: int,
    ) -> VersionPage:
        """Returns one page of versions by key, the newest version first; see ``version_listing``."""
        with self._database.read() as connection:
            first = after_entry(key_marker.encode(), prefix.encode(), delimiter.encode())
            if version_marker:
                last = find_version(connection, bucket, key_marker, version_marker)
                # A client that deletes a page before it requests the next one names a version that is gone.
                first = (key_marker.encode(), CURRENT if last is None else last.rank + 1)
            return list_versions(
                lambda first, end, count: version_range(connection, bucket, first, end, count),
                prefix=prefix.encode(),
                delimiter=delimiter.encode(),
                first=first,
                limit=limit,
            )


def _find(connection: Connection, bucket: str, key: str, version: str | None) -> StoredObject | None:
    if version is None:
        return find_object(connection, bucket, key)
    found = find_version(connection, bucket, key, version)
    return None if found is None else found.stored


def _behind_object(stored: StoredObject) -> Position:
    return (stored.key.encode() + b"\0", FIRST_RANK)
