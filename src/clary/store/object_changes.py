"""Writes and deletes objects, in buckets with and without versioning.

              never versioned    Enabled                      Suspended
    write     replaces           the old one stays a version  replaces the null version, keeps the others
    delete    removes            adds a delete marker         removes the null version, adds a null marker

A version that is deleted by its id is gone for good; the newest remaining one becomes the current object.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .buckets import ENABLED, BucketMissing, versioning_of
from .object_rows import NULL, Guard, StoredObject, drop_object, find_object, put_object
from .version_rows import CURRENT, drop_version, find_newest, find_version, promote, push, retire

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Remove = Callable[[str], None]
"""Is given the name of a file that no row names any more."""

Doomed = str | tuple[str, str]
"""A key, or one version of it."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The result of a deletion. version: the removed one, or the new marker; empty without versioning.

    marker: that version is a delete marker. by_version: the caller named the version.
    """

    key: str
    version: str = ""
    marker: bool = False
    by_version: bool = False


def replace_object(
    connection: Connection, stored: StoredObject, remove: Remove, guard: Guard | None
) -> StoredObject:
    """Stores an object under its key. Returns it with its version. Raises BucketMissing."""
    versioning = versioning_of(connection, stored.bucket)
    if versioning is None:
        raise BucketMissing(stored.bucket)
    current = find_object(connection, stored.bucket, stored.key)
    if guard is not None:
        guard(current)
    if not versioning:
        put_object(connection, stored, exists=current is not None)
        if current is not None:
            remove(current.blob)
        return stored
    stored = replace(stored, version=_new_id() if versioning == ENABLED else NULL)
    _make_room(connection, current, stored, remove)
    put_object(connection, stored, exists=False)
    return stored


def delete_object(
    connection: Connection,
    bucket: str,
    doomed: Doomed,
    remove: Remove,
    guard: Guard | None,
    *,
    versioning: str,
    at: float,
) -> Deletion:
    """Deletes a key or one of its versions. at: epoch seconds, for a new marker."""
    if not isinstance(doomed, str):
        return _delete_version(connection, bucket, *doomed, remove, guard)
    current = find_object(connection, bucket, doomed)
    if guard is not None:
        guard(current)
    if not versioning:
        if current is not None:
            drop_object(connection, current)
            remove(current.blob)
        return Deletion(doomed)
    version = _new_id() if versioning == ENABLED else NULL
    marker = StoredObject(bucket, doomed, "", 0, "", at, {}, version)
    _make_room(connection, current, marker, remove)
    push(connection, marker)
    return Deletion(doomed, version, marker=True)


def _make_room(
    connection: Connection, current: StoredObject | None, new: StoredObject, remove: Remove
) -> None:
    """Moves the current version of a key to its older ones, before ``new`` (an object or a marker) is stored.

    Removes the null version when ``new`` is a null version.
    """
    if new.version == NULL:
        # There is one null version at a time.
        before = find_version(connection, new.bucket, new.key, NULL)
        if before is not None:
            drop_version(connection, before)
            if not before.stored.is_marker:
                remove(before.stored.blob)
            if before.rank == CURRENT:
                return
    if current is not None:
        retire(connection, current)


def _delete_version(
    connection: Connection, bucket: str, key: str, version: str, remove: Remove, guard: Guard | None
) -> Deletion:
    found = find_version(connection, bucket, key, version)
    if guard is not None:
        guard(None if found is None or found.stored.is_marker else found.stored)
    if found is None:
        return Deletion(key, version, by_version=True)
    was_newest = found.rank == CURRENT or (
        find_object(connection, bucket, key) is None and find_newest(connection, bucket, key) == found
    )
    drop_version(connection, found)
    if not found.stored.is_marker:
        remove(found.stored.blob)
    if was_newest:
        promote(connection, bucket, key)
    return Deletion(key, version, marker=found.stored.is_marker, by_version=True)


def _new_id() -> str:
    return secrets.token_hex(16)
