"""Objects: what a key of a bucket holds now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .buckets import BucketMissing, versioning_of
from .object_changes import Deletion, Doomed, delete_object, replace_object
from .object_listing import FIRST_RANK, Listing, Position, after_entry, list_level
from .object_rows import Guard, StoredObject, find_object, object_range, put_attributes
from .version_listing import VersionPage, list_versions
from .version_rows import CURRENT, find_newest, find_version, put_version_attributes, version_range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .blob_files import BlobFiles
    from .database import Database
    from .staging import StagedBlob

__all__ = ["Guard", "Objects", "OpenObject", "StoredObject"]


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

    def find(self, bucket: str, key: str, version: str | None = None) -> StoredObject | None:
        """What the key holds, or one of its versions, which may be a delete marker."""
        with self._database.read() as connection:
            if version is None:
                return find_object(connection, bucket, key)
            found = find_version(connection, bucket, key, version)
        return None if found is None else found.stored

    def find_marker(self, bucket: str, key: str) -> StoredObject | None:
        """The delete marker that is the newest version of a key."""
        with self._database.read() as connection:
            if find_object(connection, bucket, key) is not None:
                return None
            newest = find_newest(connection, bucket, key)
        return None if newest is None else newest.stored

    def open(self, bucket: str, key: str, version: str | None = None) -> OpenObject | None:
        """The object with its content held open; None when there is none, or only a delete marker."""
        while (found := self.find(bucket, key, version)) is not None and not found.is_marker:
            try:
                return OpenObject(found, os.open(self._files.name(found.blob), os.O_RDONLY | os.O_CLOEXEC))
            except FileNotFoundError:
                # Replaced between the two lines above: then the row names another file by now.
                again = self.find(bucket, key, version)
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
                stored = replace_object(connection, stored, remove, guard)
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
                stored = replace_object(connection, stored, remove, guard)
        except BaseException:
            self._files.discard(blob)
            raise
        self._files.journal.settle(blob)
        return stored

    def set_attributes(
        self,
        bucket: str,
        key: str,
        change: Callable[[StoredObject], dict[str, Any]],
        version: str | None = None,
    ) -> StoredObject | None:
        """Replaces an object's attributes by what ``change`` makes of it; None when there is no object."""
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
        """Deletes keys, or versions of them, in one transaction; raises BucketMissing."""
        with self._files.removal() as remove, self._database.write() as connection:
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
        """One page in byte order; see ``object_listing``."""
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
        """One page by key, the newest version first; see ``version_listing``."""
        with self._database.read() as connection:
            first = after_entry(key_marker.encode(), prefix.encode(), delimiter.encode())
            if version_marker:
                last = find_version(connection, bucket, key_marker, version_marker)
                # A client that deletes each page before it asks for the next names a version that is gone.
                first = (key_marker.encode(), CURRENT if last is None else last.rank + 1)
            return list_versions(
                lambda first, end, count: version_range(connection, bucket, first, end, count),
                prefix=prefix.encode(),
                delimiter=delimiter.encode(),
                first=first,
                limit=limit,
            )


def _behind_object(stored: StoredObject) -> Position:
    return (stored.key.encode() + b"\0", FIRST_RANK)
