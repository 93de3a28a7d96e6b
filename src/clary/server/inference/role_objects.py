"""Objects of S3 that are read and written for an endpoint, with the rights of its execution role."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clary.domain.errors import Denied, NotFound
from clary.services.access.authorize import RoleMay
from clary.services.access.facts import RequestFacts
from clary.services.s3._attributes import attributes_of_request
from clary.store.buckets import BucketMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clary.server.platform import Platform
    from clary.store.objects import OpenObject

FROM_HERE = RequestFacts(source_ip="127.0.0.1")


class RoleObjects:
    """Reads and writes objects. Its methods wait for the disk: call them in a thread."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def put(
        self,
        role_arn: str,
        uri: str,
        pieces: Iterable[bytes],
        content_type: str,
        also: Callable[[], None] = lambda: None,
    ) -> None:
        """Writes an object. Raises Denied, and NotFound when there is no such bucket.

        also: see ``S3Objects.put``.
        """
        writing = self.begin(role_arn, uri, content_type)
        try:
            writing.write(pieces)
            writing.finish(also)
        except BaseException:
            writing.discard()
            raise

    def begin(self, role_arn: str, uri: str, content_type: str) -> ObjectWriting:
        """Begins to write an object. Raises Denied, and NotFound when there is no such bucket."""
        bucket, key = split_uri(uri)
        self._check(role_arn, "s3:PutObject", bucket, key)
        if not self._platform.blobs.buckets.exists(bucket):
            raise no_bucket(bucket)
        return ObjectWriting(self._platform, bucket, key, content_type)

    def open(self, role_arn: str, uri: str) -> OpenObject:
        """Opens an object. Raises Denied, and NotFound when there is none."""
        bucket, key = split_uri(uri)
        self._check(role_arn, "s3:GetObject", bucket, key)
        opened = self._platform.blobs.objects.open(bucket, key)
        if opened is None:
            raise NotFound(f"there is no object {uri}")
        return opened

    def _check(self, role_arn: str, action: str, bucket: str, key: str) -> None:
        settings = self._platform.settings
        may = RoleMay(
            self._platform.records,
            account=settings.account,
            region=settings.region,
            facts=FROM_HERE,
            now=self._platform.now(),
            tags_of=self._platform.resource_tags.of,
        )
        resource = f"arn:aws:s3:::{bucket}/{key}"
        if not may(role_arn, action, resource):
            raise Denied(
                f"the role {role_arn} may not do {action} on {resource}; add it to one of its policies"
            )


class ObjectWriting:
    """An object that comes in pieces. ``finish`` makes it the key's object, ``discard`` leaves nothing."""

    def __init__(self, platform: Platform, bucket: str, key: str, content_type: str) -> None:
        self._platform = platform
        self._bucket, self._key = bucket, key
        self._attributes = attributes_of_request({"ContentType": content_type})
        self._writer = platform.blobs.stage()

    def write(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._writer.write(piece)

    def finish(self, also: Callable[[], None] = lambda: None) -> None:
        """Stores the object. Raises NotFound when the bucket is gone by now.

        also: see ``S3Objects.put``.
        """
        staged = self._writer.finish()
        now = self._platform.now()
        try:
            self._platform.blobs.objects.put(
                self._bucket,
                self._key,
                staged,
                attributes=self._attributes,
                modified_at=now,
                also=also,
            )
        except BucketMissing:
            raise no_bucket(self._bucket) from None

    def discard(self) -> None:
        self._writer.discard()


def no_bucket(bucket: str) -> NotFound:
    return NotFound(f"there is no bucket {bucket}")


def split_uri(uri: str) -> tuple[str, str]:
    """Returns bucket and key of ``s3://bucket/key``."""
    parts = urlsplit(uri, allow_fragments=False)
    return parts.netloc, uri[len(f"s3://{parts.netloc}/") :]
