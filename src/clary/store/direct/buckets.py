"""The buckets of the other S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.store.buckets import Bucket, BucketHasObjects, BucketMissing, BucketTaken

from .refusals import DirectRefused, bucket_of

if TYPE_CHECKING:
    from .client import DirectClient

FIRST_REGION = "us-east-1"


class DirectBuckets:
    """Implements S3Buckets."""

    def __init__(self, client: DirectClient, owner: str) -> None:
        """owner: the account that all of them seem to belong to."""
        self._client = client
        self._owner = owner

    def create(self, bucket: Bucket) -> None:
        region = self._client.region if bucket.region == FIRST_REGION else bucket.region
        place: Any = (
            {} if region == FIRST_REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        if self.exists(bucket.name):
            # In the first region, S3 answers a repeated request with success.
            raise BucketTaken(bucket.name)
        try:
            with self._client.asking(bucket.name) as client:
                client.create_bucket(Bucket=bucket.name, **place)
        except DirectRefused as error:
            if error.code == "BucketAlreadyOwnedByYou":
                raise BucketTaken(bucket.name) from error
            raise
        if bucket.tags:
            self.set_tags(bucket.name, bucket.tags)

    def find(self, name: str) -> Bucket | None:
        head = self._head(name)
        if head is None:
            return None
        region = str(head.get("BucketRegion") or self._client.region)
        return Bucket(name, region, self._owner, 0.0, self._tags(name), self._versioning(name))

    def exists(self, name: str) -> bool:
        return self._head(name) is not None

    def page(
        self, *, prefix: str = "", after: str = "", limit: int, region: str | None = None
    ) -> list[Bucket]:
        if region not in (None, self._client.region):
            return []
        with self._client.asking() as client:
            listed = client.list_buckets().get("Buckets") or []
        found = sorted(
            (
                Bucket(
                    item["Name"],
                    item.get("BucketRegion") or self._client.region,
                    self._owner,
                    item["CreationDate"].timestamp(),
                    {},
                )
                for item in listed
                if item["Name"].startswith(prefix) and item["Name"] > after
            ),
            key=lambda bucket: bucket.name,
        )
        return found[:limit]

    def set_tags(self, name: str, tags: dict[str, str]) -> None:
        with bucket_of(name), self._client.asking(name) as client:
            if tags:
                listed: Any = [{"Key": key, "Value": value} for key, value in tags.items()]
                client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed})
            else:
                client.delete_bucket_tagging(Bucket=name)

    def set_versioning(self, name: str, state: str) -> None:
        configuration: Any = {"Status": state}
        with bucket_of(name), self._client.asking(name) as client:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration=configuration)

    def delete(self, name: str) -> None:
        try:
            with self._client.asking(name) as client:
                client.delete_bucket(Bucket=name)
        except DirectRefused as error:
            if error.is_missing:
                raise BucketMissing(name) from error
            if error.code == "BucketNotEmpty":
                raise BucketHasObjects(name) from error
            raise

    def _head(self, name: str) -> Any:
        try:
            with self._client.asking(name) as client:
                return client.head_bucket(Bucket=name)
        except DirectRefused as error:
            if error.is_missing or error.code == "InvalidBucketName":
                return None
            raise

    def _versioning(self, name: str) -> str:
        try:
            with self._client.asking(name) as client:
                return client.get_bucket_versioning(Bucket=name).get("Status", "")
        except DirectRefused:
            return ""  # an S3 without versions, or keys that may not ask

    def _tags(self, name: str) -> dict[str, str]:
        try:
            with self._client.asking(name) as client:
                listed = client.get_bucket_tagging(Bucket=name)["TagSet"]
        except DirectRefused:
            return {}  # none, or an S3 without tags
        return {item["Key"]: item["Value"] for item in listed}
