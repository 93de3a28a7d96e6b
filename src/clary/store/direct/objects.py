"""The objects of the other S3, read and written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.store.backing import URL_S
from clary.store.backing.reading import BackingReader
from clary.store.object_rows import StoredObject
from clary.store.open_object import OpenObject, content_of

from . import deleting, listing
from .copying import copy_object
from .guarding import condition_of
from .members import UNNAMED, marker_of, members_of, stored_of_head, tagging_of
from .reading import DirectContent
from .refusals import DirectRefused, bucket_of
from .spool import body_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clary.store.backing.cache import ContentCache
    from clary.store.object_changes import Deletion, Doomed
    from clary.store.object_listing import Listing
    from clary.store.object_rows import Guard
    from clary.store.staging import StagedBlob
    from clary.store.version_listing import VersionPage

    from .client import DirectClient


class DirectObjects:
    """Implements S3Objects."""

    def __init__(self, client: DirectClient, cache: ContentCache) -> None:
        """cache: of content that is read from files."""
        self._client = client
        self._cache = cache

    def find(self, bucket: str, key: str, version: str | None = None) -> StoredObject | None:
        try:
            with self._client.asking(bucket) as client:
                return stored_of_head(bucket, key, client.head_object(**_at(bucket, key, version)))
        except DirectRefused as error:
            if version is not None and error.http_status == 405:
                return marker_of(bucket, key, version)
            # An id that it has never given is a bad request for some.
            if error.is_missing or (version is not None and error.http_status == 400):
                return None
            if error.http_status == 403:
                self._say_why(bucket, key, version)
            raise

    def _say_why(self, bucket: str, key: str, version: str | None) -> None:
        """Raises what a GET says: a HEAD that is refused tells no wrong secret from a missing right."""
        with self._client.asking(bucket) as client:
            client.get_object(**_at(bucket, key, version), Range="bytes=0-0")["Body"].close()

    def find_tagged(self, bucket: str, key: str, version: str | None = None) -> StoredObject | None:
        found = self.find(bucket, key, version)
        if found is None or found.is_marker:
            return found
        try:
            with self._client.asking(bucket) as client:
                listed = client.get_object_tagging(**_at(bucket, key, version))["TagSet"]
        except DirectRefused as error:
            if not error.is_missing:
                raise
            listed = []
        tags = {item["Key"]: item["Value"] for item in listed}
        return replace(found, attributes={**found.attributes, "Tags": tags})

    def find_marker(self, bucket: str, key: str) -> StoredObject | None:
        """None: whether a deleted key has a marker is seen in the listing of versions only."""
        return None

    def open(self, bucket: str, key: str, version: str | None = None) -> OpenObject | None:
        found = self.find(bucket, key, version)
        if found is None or found.is_marker:
            return None
        if found.size == 0:
            return OpenObject(found, b"")
        source = DirectContent(self._client, self._cache, found)
        return OpenObject(found, None, reader=BackingReader(source, found.size))

    def content(self, uri: str, most_bytes: int) -> bytes | None:
        return content_of(self, uri, most_bytes)

    def url(self, stored: StoredObject) -> str:
        """What it answers is the object of that moment: compare the ETag."""
        with self._client.asking(stored.bucket, checked=False) as client:
            named = _at(stored.bucket, stored.key, stored.version or None)
            return client.generate_presigned_url("get_object", Params=named, ExpiresIn=URL_S)

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
        members = {**members_of(attributes, encrypts=self._client.encrypts), **tagging_of(attributes)}
        if checksum := attributes.get("Checksum"):
            members[f"Checksum{checksum['Algorithm']}"] = checksum["Value"]
        try:
            with (
                bucket_of(bucket),
                condition_of(self.find, bucket, key, guard) as condition,
                self._client.asking(bucket) as client,
            ):
                answer = client.put_object(
                    **_at(bucket, key),
                    Body=body_of(staged),
                    ContentLength=staged.size,
                    **members,
                    **condition,
                )
        except BaseException:
            staged.discard()
            raise
        staged.kept()
        if also is not None:
            also()
        etag, version = answer.get("ETag", ""), answer.get("VersionId") or ""
        return _stored(bucket, key, staged.size, etag, modified_at, attributes, version)

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
        with bucket_of(bucket), condition_of(self.find, bucket, key, guard) as condition:
            answer = copy_object(self._client, source, bucket, key, attributes, condition)
        etag = answer.get("CopyObjectResult", answer).get("ETag", "")
        return _stored(bucket, key, source.size, etag, modified_at, attributes, answer.get("VersionId") or "")

    def set_attributes(
        self,
        bucket: str,
        key: str,
        change: Callable[[StoredObject], dict[str, Any]],
        version: str | None = None,
    ) -> StoredObject | None:
        """Sets tags: nothing else of an object can be changed in S3."""
        found = self.find_tagged(bucket, key, version)
        if found is None or found.is_marker:
            return None
        listed: Any = [{"Key": name, "Value": value} for name, value in change(found)["Tags"].items()]
        with self._client.asking(bucket) as client:
            if listed:
                client.put_object_tagging(**_at(bucket, key, version), Tagging={"TagSet": listed})
            else:
                client.delete_object_tagging(**_at(bucket, key, version))
        return found

    def delete(
        self, bucket: str, doomed: Sequence[Doomed], guard: Guard | None = None, *, at: float = 0.0
    ) -> list[Deletion]:
        if guard is not None:
            for item in doomed:
                # Only few S3s delete under a condition.
                guard(self.find(bucket, *((item,) if isinstance(item, str) else item)))
        with bucket_of(bucket):
            return deleting.delete(self._client, bucket, doomed)

    def page(
        self, bucket: str, *, prefix: str = "", delimiter: str = "", after: str = "", limit: int
    ) -> Listing[StoredObject]:
        return listing.page(self._client, bucket, prefix, delimiter, after, limit)

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
        return listing.page_of_versions(
            self._client, bucket, prefix, delimiter, key_marker, version_marker, limit
        )


def _at(bucket: str, key: str, version: str | None = None) -> Any:
    return {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}


def _stored(
    bucket: str, key: str, size: int, etag: str, modified_at: float, attributes: dict[str, Any], version: str
) -> StoredObject:
    return StoredObject(bucket, key, etag or UNNAMED, size, etag.strip('"'), modified_at, attributes, version)
