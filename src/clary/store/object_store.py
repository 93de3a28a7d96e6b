"""What services, the server and the loop need of the store's S3 part. Two implementations:

    blobs.BlobStore        rows of the database, and content in files or in the S3 behind Clary
    direct.DirectStore     another S3's own buckets and keys

All methods may be called from any thread. Those of the second ask another machine, and may raise
BackingError at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from .buckets import Bucket
    from .object_changes import Deletion, Doomed
    from .object_listing import Listing
    from .object_rows import Guard, StoredObject
    from .open_object import OpenObject
    from .staging import BlobWriter, StagedBlob
    from .upload_rows import Part, Upload
    from .version_listing import VersionPage


class S3Buckets(Protocol):
    def create(self, bucket: Bucket) -> None:
        """Raises BucketTaken."""

    def find(self, name: str) -> Bucket | None: ...

    def exists(self, name: str) -> bool: ...

    def page(
        self, *, prefix: str = "", after: str = "", limit: int, region: str | None = None
    ) -> list[Bucket]:
        """Returns buckets in name order, after a name. region: None for all regions."""

    def set_tags(self, name: str, tags: dict[str, str]) -> None:
        """Replaces all tags. Raises BucketMissing."""

    def set_versioning(self, name: str, state: str) -> None:
        """Raises BucketMissing."""

    def delete(self, name: str) -> None:
        """Deletes an empty bucket. Raises BucketMissing and BucketHasObjects."""


class S3Objects(Protocol):
    def find(self, bucket: str, key: str, version: str | None = None) -> StoredObject | None:
        """Returns the current object, or one version, which may be a delete marker; None without it."""

    def find_tagged(self, bucket: str, key: str, version: str | None = None) -> StoredObject | None:
        """The same, and its attributes have the tags."""

    def find_marker(self, bucket: str, key: str) -> StoredObject | None:
        """Returns the delete marker that is the newest version of a key; None when it is not a marker."""

    def open(self, bucket: str, key: str, version: str | None = None) -> OpenObject | None:
        """Opens the content of an object. Returns None when there is none, or only a delete marker."""

    def content(self, uri: str, most_bytes: int) -> bytes | None:
        """Returns the content of an object; None if there is none, or if it is larger. Raises OSError."""

    def url(self, stored: StoredObject) -> str:
        """Returns where anybody can read the content for an hour; empty for content that is only here."""

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

        also: changes the database, in the same transaction where that is possible, else after the object is
        stored. What it raises is raised.
        """

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
        """Stores the content of another object, without reading it here.

        Raises FileNotFoundError when the source has just been replaced, BucketMissing, or the error of
        ``guard``.
        """

    def set_attributes(
        self,
        bucket: str,
        key: str,
        change: Callable[[StoredObject], dict[str, Any]],
        version: str | None = None,
    ) -> StoredObject | None:
        """Replaces the attributes of an object with the result of ``change``; None without the object."""

    def delete(
        self, bucket: str, doomed: Sequence[Doomed], guard: Guard | None = None, *, at: float = 0.0
    ) -> list[Deletion]:
        """Deletes keys, or versions of them. Raises BucketMissing."""

    def page(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int
    ) -> Listing[StoredObject]:
        """Returns one page of keys, after the entry ``after``, which may be a common prefix."""

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
        """Returns one page of versions by key, the newest version first."""


class S3Uploads(Protocol):
    def create(self, bucket: str, key: str, *, attributes: dict[str, Any], started_at: float) -> Upload:
        """Begins an upload. Raises BucketMissing."""

    def find(self, bucket: str, key: str, upload_id: str) -> Upload | None:
        """Returns an upload of a key; None also for an upload of another key."""

    def of_bucket(self, bucket: str, prefix: str = "") -> list[Upload]:
        """Returns the uploads of a bucket, by key in byte order, then by start time."""

    def parts(self, upload: Upload, *, after: int = 0, limit: int | None = None) -> list[Part]:
        """Returns parts in order, behind the number ``after``."""

    def stage_part(
        self, upload: Upload, number: int, size_bytes: int | None, algorithms: Iterable[str] = ()
    ) -> BlobWriter:
        """Returns a writer for a part."""

    def put_part(
        self,
        upload: Upload,
        number: int,
        staged: StagedBlob,
        *,
        attributes: dict[str, Any],
        modified_at: float,
    ) -> Part:
        """Stores staged content as a part, in place of an older one. Discards it with UploadMissing."""

    def part_urls(self, bucket: str, key: str, upload_id: str, numbers: range) -> list[str]:
        """Returns where anybody may PUT these parts for an hour; empty where parts come through here only."""

    def abort(self, upload: Upload) -> None:
        """Raises UploadMissing."""

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


class S3Store(Protocol):
    """Buckets, objects and uploads."""

    @property
    def is_far(self) -> bool:
        """Whether every question asks another machine: none may be asked on the event loop."""

    @property
    def buckets(self) -> S3Buckets: ...

    @property
    def objects(self) -> S3Objects: ...

    @property
    def uploads(self) -> S3Uploads: ...

    def stage(self, algorithms: Iterable[str] = ()) -> BlobWriter:
        """Returns a writer for the content of a new object. algorithms: checksums to compute."""

    def goes_far(self, size_bytes: int | None, *, part: bool) -> bool:
        """Whether content of a size goes to another machine. part: of an upload. None: any size."""

    def local_path(self, stored: StoredObject) -> Path | None:
        """Returns a file with the whole content of an object; None for content that is elsewhere."""

    def drain(self) -> None:
        """Returns when the content of all objects deleted so far is gone."""

    def close(self) -> None: ...
