"""Uploads in parts: S3's multipart uploads, without S3's rules.

The rows are written here. Where parts lie, and how they become one content, is said by ``PartPlaces``: files
of this machine (``part_files``), or the S3 behind Clary (``backing.parts``). An upload ends where it began.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Protocol

from .blob_names import is_backing, whole
from .buckets import BucketMissing, bucket_exists
from .object_changes import replace_object
from .object_rows import Guard, StoredObject, find_object
from .part_files import PartFiles
from .part_slots import PartSlots
from .upload_rows import (
    Part,
    Upload,
    delete_upload,
    find_upload,
    insert_upload,
    parts_of,
    put_part,
    uploads_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from .database import Database
    from .object_contents import ObjectContents
    from .staging import BlobWriter, StagedBlob


class PartPlaces(Protocol):
    """Where the parts of uploads lie. Safe to use from any thread."""

    def begin(self) -> AbstractContextManager[str]:
        """Begins an upload, whose row the block writes. It is removed when the block raises.

        Gives the name for that row.
        """

    def stage(
        self, upload: Upload, number: int, size_bytes: int | None, algorithms: Iterable[str]
    ) -> BlobWriter:
        """Returns a writer for a part."""

    def joined(
        self, upload: Upload, chosen: Sequence[Part], everything: Sequence[Part], *, idle: bool
    ) -> AbstractContextManager[str]:
        """Makes the chosen parts one content, whose row the block writes. Gives its name.

        everything: all parts of the upload. idle: none is being written. What was made is removed when the
        block raises, and the upload stays. Raises FileNotFoundError when a part is gone.
        """


class UploadMissing(Exception):
    """There is no such upload, or it is completed or aborted."""


class UploadChanged(Exception):
    """Another thread completes the upload, or has replaced one of its parts."""


class Uploads:
    """All uploads in parts. Safe to use from any thread."""

    def __init__(self, database: Database, contents: ObjectContents) -> None:
        self._database = database
        self._contents = contents
        self._slots = PartSlots()
        self._in_files = PartFiles(database, contents.files, self._slots)
        self._behind = contents.backing_parts

    def create(self, bucket: str, key: str, *, attributes: dict[str, Any], started_at: float) -> Upload:
        """Begins an upload. Raises BucketMissing."""
        places: PartPlaces = self._behind or self._in_files
        with places.begin() as blob, self._contents.changing() as (connection, _remove):
            upload = Upload(secrets.token_urlsafe(48), bucket, key, blob, 0, started_at, attributes)
            if not bucket_exists(connection, bucket):
                raise BucketMissing(bucket)
            self._contents.settle(connection, whole(blob))
            insert_upload(connection, upload)
        return upload

    def find(self, bucket: str, key: str, upload_id: str) -> Upload | None:
        """Returns an upload of a key; None also for an upload of another key."""
        with self._database.read() as connection:
            upload = find_upload(connection, upload_id)
        return upload if upload is not None and (upload.bucket, upload.key) == (bucket, key) else None

    def of_bucket(self, bucket: str, prefix: str = "") -> list[Upload]:
        """Returns the uploads of a bucket, by key in byte order, then by start time."""
        with self._database.read() as connection:
            return uploads_of(connection, bucket, prefix.encode())

    def parts(self, upload: Upload, *, after: int = 0, limit: int | None = None) -> list[Part]:
        """Returns parts in order, behind the number ``after``."""
        with self._database.read() as connection:
            return parts_of(connection, upload.id, after=after, limit=limit)

    def stage_part(
        self, upload: Upload, number: int, size_bytes: int | None, algorithms: Iterable[str] = ()
    ) -> BlobWriter:
        """Returns a writer for a part: at its final place if its size is known and the place is free."""
        return self._places(upload).stage(upload, number, size_bytes, algorithms)

    def put_part(
        self,
        upload: Upload,
        number: int,
        staged: StagedBlob,
        *,
        attributes: dict[str, Any],
        modified_at: float,
    ) -> Part:
        """Stores content of ``stage_part`` as a part, in place of an older one.

        Discards it with UploadMissing.
        """
        part = Part(
            upload.id, number, staged.blob, staged.position, staged.size, staged.etag, modified_at, attributes
        )
        try:
            with self._contents.changing() as (connection, remove):
                if find_upload(connection, upload.id) is None:
                    raise UploadMissing(upload.id)
                staged.settle(connection)
                before = put_part(connection, part)
                if before is not None and whole(before.blob) != whole(upload.blob):
                    remove(before.blob)
        except BaseException:
            staged.discard()
            raise
        staged.kept()
        return part

    def part_urls(self, bucket: str, key: str, upload_id: str, numbers: range) -> list[str]:
        """Returns none: a part has a row."""
        return []

    def abort(self, upload: Upload) -> None:
        """Aborts an upload. Raises UploadMissing."""
        with self._contents.changing() as (connection, remove):
            if find_upload(connection, upload.id) is None:
                raise UploadMissing(upload.id)
            delete_upload(connection, upload.id, remove)
        self._slots.forget(upload.id)

    def complete(
        self,
        upload: Upload,
        chosen: Sequence[Part],
        *,
        etag: str,
        attributes: dict[str, Any],
        modified_at: float,
        guard: Guard | None = None,
    ) -> StoredObject:
        """Makes the chosen parts, in their order, one object.

        Raises UploadMissing, UploadChanged, BucketMissing, or the error of ``guard``; the upload stays.
        """
        if guard is not None:
            with self._database.read() as connection:
                guard(find_object(connection, upload.bucket, upload.key))
        idle = self._slots.begin_completing(upload.id)
        if idle is None:
            raise UploadChanged(upload.id)
        try:
            stored = self._complete(upload, chosen, idle, etag, attributes, modified_at, guard)
        except BaseException:
            self._slots.end_completing(upload.id)
            raise
        self._slots.forget(upload.id)
        return stored

    def _complete(
        self,
        upload: Upload,
        chosen: Sequence[Part],
        idle: bool,
        etag: str,
        attributes: dict[str, Any],
        modified_at: float,
        guard: Guard | None,
    ) -> StoredObject:
        with self._database.read() as connection:
            current = find_upload(connection, upload.id)
            everything = parts_of(connection, upload.id)
        if current is None:
            raise UploadMissing(upload.id)
        size = sum(part.size for part in chosen)
        try:
            with self._places(current).joined(current, chosen, everything, idle=idle) as blob:
                stored = StoredObject(upload.bucket, upload.key, blob, size, etag, modified_at, attributes)
                with self._contents.changing() as (connection, remove):
                    if find_upload(connection, upload.id) is None:
                        raise UploadMissing(upload.id)
                    now = {part.number: part for part in parts_of(connection, upload.id)}
                    if any(now.get(part.number) != part for part in chosen):
                        raise UploadChanged(upload.id)
                    stored = replace_object(connection, stored, remove, guard)
                    delete_upload(connection, upload.id, remove, keep=blob)
        except FileNotFoundError:
            raise UploadChanged(upload.id) from None
        self._database.sync_log()
        return stored

    def _places(self, upload: Upload) -> PartPlaces:
        if not is_backing(upload.blob):
            return self._in_files
        if self._behind is None:
            raise self._contents.not_here(upload.blob)
        return self._behind
