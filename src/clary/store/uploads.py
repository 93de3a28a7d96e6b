"""Uploads in parts: S3's multipart uploads, without S3's rules.

Parts of equal size share one file, each at its final place (``part_slots``): to complete such an upload only
rows are written. Other parts are copied into one file inside the kernel.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

from .blob_files import READ_ONLY, copy_range, sync_folder
from .buckets import BucketMissing, bucket_exists
from .object_changes import replace_object
from .object_rows import Guard, StoredObject, find_object
from .part_slots import PartSlots
from .staging import BlobWriter, StagedBlob
from .upload_rows import (
    Part,
    Upload,
    delete_upload,
    find_part,
    find_upload,
    insert_upload,
    parts_of,
    put_part,
    set_stride,
    uploads_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .database import Database
    from .object_contents import ObjectContents

WRITABLE = 0o644


class UploadMissing(Exception):
    """There is no such upload, or it is completed or aborted."""


class UploadChanged(Exception):
    """Another thread completes the upload, or has replaced one of its parts."""


class Uploads:
    """All uploads in parts. Safe to use from any thread.

    Only one process may write parts below a root, because the places in shared files are assigned in memory.
    """

    def __init__(self, database: Database, contents: ObjectContents) -> None:
        self._database = database
        self._contents = contents
        self._files = contents.files
        self._slots = PartSlots()

    def create(self, bucket: str, key: str, *, attributes: dict[str, Any], started_at: float) -> Upload:
        """Begins an upload. Raises BucketMissing."""
        blob, fd = self._files.create(WRITABLE)
        os.close(fd)
        upload = Upload(secrets.token_urlsafe(48), bucket, key, blob, 0, started_at, attributes)
        try:
            sync_folder(self._files.path(blob).parent)
            with self._database.write() as connection:
                if not bucket_exists(connection, bucket):
                    raise BucketMissing(bucket)
                insert_upload(connection, upload)
        except BaseException:
            self._files.discard(blob)
            raise
        self._files.journal.settle(blob)
        return upload

    def find(self, upload_id: str) -> Upload | None:
        with self._database.read() as connection:
            return find_upload(connection, upload_id)

    def of_bucket(self, bucket: str, prefix: str = "") -> list[Upload]:
        """Returns the uploads of a bucket, by key in byte order, then by start time."""
        with self._database.read() as connection:
            return uploads_of(connection, bucket, prefix.encode())

    def parts(self, upload_id: str, *, after: int = 0, limit: int | None = None) -> list[Part]:
        with self._database.read() as connection:
            return parts_of(connection, upload_id, after=after, limit=limit)

    def stage_part(
        self, upload: Upload, number: int, size_bytes: int | None, algorithms: Iterable[str] = ()
    ) -> BlobWriter:
        """Returns a writer for a part: at its final place if its size is known and the place is free."""
        stride = self._claim(upload, number, size_bytes) if size_bytes else None
        if stride is None:
            blob, fd = self._files.create()
            return BlobWriter(self._files, (blob, fd), algorithms)
        try:
            fd = os.open(self._files.path(upload.blob), os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            # The upload has just been aborted, or a completion that failed has made the file read-only.
            self._slots.release(upload.id, number)
            blob, fd = self._files.create()
            return BlobWriter(self._files, (blob, fd), algorithms)
        return BlobWriter(
            self._files,
            (upload.blob, fd),
            algorithms,
            position=(number - 1) * stride,
            limit_bytes=size_bytes,
            on_end=lambda: self._slots.release(upload.id, number),
        )

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
                before = put_part(connection, part)
                if before is not None and before.blob != upload.blob:
                    remove(before.blob)
        except BaseException:
            staged.discard()
            raise
        staged.kept()
        return part

    def abort(self, upload_id: str) -> None:
        """Aborts an upload. Raises UploadMissing."""
        with self._contents.changing() as (connection, remove):
            if find_upload(connection, upload_id) is None:
                raise UploadMissing(upload_id)
            delete_upload(connection, upload_id, remove)
        self._slots.forget(upload_id)

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
        in_place = idle and _fits_in_place(current, chosen, everything)
        try:
            blob = self._finish_in_place(current, chosen) if in_place else self._join(chosen)
        except FileNotFoundError:
            raise UploadChanged(upload.id) from None
        stored = StoredObject(upload.bucket, upload.key, blob, size, etag, modified_at, attributes)
        try:
            with self._contents.changing() as (connection, remove):
                if find_upload(connection, upload.id) is None:
                    raise UploadMissing(upload.id)
                now = {part.number: part for part in parts_of(connection, upload.id)}
                if any(now.get(part.number) != part for part in chosen):
                    raise UploadChanged(upload.id)
                stored = replace_object(connection, stored, remove, guard)
                delete_upload(connection, upload.id, remove, keep=blob)
        except BaseException:
            if not in_place:
                self._files.discard(blob)
            raise
        if not in_place:
            self._files.journal.settle(blob)
        self._database.sync_log()
        return stored

    def _claim(self, upload: Upload, number: int, size_bytes: int) -> int | None:
        stride = self._slots.claim(upload.id, upload.stride, number, size_bytes)
        if stride is None:
            return None
        try:
            with self._database.read() as connection:
                before = find_part(connection, upload.id, number)
            # An acknowledged part stays until its replacement is complete.
            if before is not None and before.blob == upload.blob:
                self._slots.release(upload.id, number)
                return None
            if upload.stride == 0:
                with self._database.write() as connection:
                    set_stride(connection, upload.id, stride)
        except BaseException:
            self._slots.release(upload.id, number)
            raise
        return stride

    def _finish_in_place(self, upload: Upload, chosen: Sequence[Part]) -> str:
        shared = os.open(self._files.path(upload.blob), os.O_RDWR | os.O_CLOEXEC)
        try:
            for part in chosen:
                if part.blob != upload.blob:
                    self._copy_part(part, shared, (part.number - 1) * upload.stride)
            os.ftruncate(shared, sum(part.size for part in chosen))
            os.fchmod(shared, READ_ONLY)
            os.fsync(shared)
        finally:
            os.close(shared)
        return upload.blob

    def _join(self, chosen: Sequence[Part]) -> str:
        blob, target = self._files.create()
        try:
            position = 0
            for part in chosen:
                self._copy_part(part, target, position)
                position += part.size
            self._files.sync(blob, target)
        except BaseException:
            self._files.discard(blob)
            raise
        finally:
            os.close(target)
        return blob

    def _copy_part(self, part: Part, target: int, position: int) -> None:
        source = os.open(self._files.path(part.blob), os.O_RDONLY | os.O_CLOEXEC)
        try:
            copy_range(source, target, part.position, position, part.size)
        finally:
            os.close(source)


def _fits_in_place(upload: Upload, chosen: Sequence[Part], everything: Sequence[Part]) -> bool:
    """Whether the shared file can become the object. All parts must be chosen: others would be cut off."""
    if upload.stride == 0 or len(chosen) != len(everything):
        return False
    consecutive = [part.number for part in chosen] == list(range(1, len(chosen) + 1))
    whole = all(part.size == upload.stride for part in chosen[:-1])
    return consecutive and whole and chosen[-1].size <= upload.stride
