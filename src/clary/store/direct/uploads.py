"""Uploads in parts: those of the other S3, with its ids.

A checksum that a client sends for a part is checked where the part arrives, and not kept: most S3s know none.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clary.store.backing import URL_S
from clary.store.staging import BlobWriter
from clary.store.upload_rows import Part, Upload
from clary.store.uploads import UploadChanged, UploadMissing

from .guarding import condition_of
from .members import members_of, tagging_of
from .refusals import DirectRefused, bucket_of
from .spool import MEMORY_BYTES, BodySpool, body_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from clary.store.object_rows import Guard, StoredObject
    from clary.store.staging import StagedBlob

    from .client import DirectClient

_CHANGED = ("InvalidPart", "InvalidPartOrder", "OperationAborted", "ConditionalRequestConflict")


class DirectUploads:
    """Implements S3Uploads."""

    def __init__(
        self,
        client: DirectClient,
        folder: Path,
        find: Callable[[str, str], StoredObject | None],
        now: Callable[[], float],
    ) -> None:
        """folder: for bodies on their way. find: returns an object."""
        self._client = client
        self._folder = folder
        self._find = find
        self._now = now

    def create(self, bucket: str, key: str, *, attributes: dict[str, Any], started_at: float) -> Upload:
        of_object = attributes.get("Object", {})
        members: Any = {**members_of(of_object, encrypts=self._client.encrypts), **tagging_of(of_object)}
        with bucket_of(bucket), self._client.asking(bucket) as client:
            answer = client.create_multipart_upload(Bucket=bucket, Key=key, **members)
        return Upload(answer["UploadId"], bucket, key, "", 0, started_at, attributes)

    def find(self, bucket: str, key: str, upload_id: str) -> Upload | None:
        upload = Upload(upload_id, bucket, key, "", 0, 0.0, {"Object": {}, "Unchecked": True})
        try:
            self._listed(upload, 0, 1)
        except DirectRefused as error:
            if error.is_missing or error.http_status == 400:
                return None
            raise
        return upload

    def of_bucket(self, bucket: str, prefix: str = "") -> list[Upload]:
        found: list[Upload] = []
        after: Any = {}
        while True:
            with bucket_of(bucket), self._client.asking(bucket) as client:
                answer = client.list_multipart_uploads(Bucket=bucket, Prefix=prefix, **after)
            for item in answer.get("Uploads") or ():
                began = item["Initiated"].timestamp() if "Initiated" in item else self._now()
                found.append(Upload(item["UploadId"], bucket, item["Key"], "", 0, began, {"Object": {}}))
            if not answer.get("IsTruncated"):
                return sorted(found, key=lambda upload: (upload.key.encode(), upload.started_at))
            after = {
                "KeyMarker": answer.get("NextKeyMarker", ""),
                "UploadIdMarker": answer.get("NextUploadIdMarker", ""),
            }

    def parts(self, upload: Upload, *, after: int = 0, limit: int | None = None) -> list[Part]:
        found: list[Part] = []
        while limit is None or len(found) < limit:
            most = 1000 if limit is None else min(1000, limit - len(found))
            answer = self._listed(upload, found[-1].number if found else after, most)
            for item in answer.get("Parts") or ():
                etag, number = item["ETag"].strip('"'), item["PartNumber"]
                at = item["LastModified"].timestamp() if "LastModified" in item else 0.0
                found.append(Part(upload.id, number, "", 0, item["Size"], etag, at, {}))
            if not answer.get("IsTruncated"):
                break
        return found

    def stage_part(
        self, upload: Upload, number: int, size_bytes: int | None, algorithms: Iterable[str] = ()
    ) -> BlobWriter:
        return BlobWriter(
            lambda: BodySpool(self._folder), algorithms, small_bytes=MEMORY_BYTES, limit_bytes=size_bytes
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
        try:
            with _of(upload), self._client.asking(upload.bucket) as client:
                answer = client.upload_part(
                    **_at(upload), PartNumber=number, Body=body_of(staged), ContentLength=staged.size
                )
        finally:
            staged.discard()
        etag = answer["ETag"].strip('"')
        return Part(upload.id, number, "", 0, staged.size, etag, modified_at, attributes)

    def part_urls(self, bucket: str, key: str, upload_id: str, numbers: range) -> list[str]:
        named: Any = {"Bucket": bucket, "Key": key, "UploadId": upload_id}
        with self._client.asking(bucket, checked=False) as client:
            return [
                client.generate_presigned_url(
                    "upload_part", Params={**named, "PartNumber": number}, ExpiresIn=URL_S
                )
                for number in numbers
            ]

    def abort(self, upload: Upload) -> None:
        with _of(upload), self._client.asking(upload.bucket) as client:
            client.abort_multipart_upload(**_at(upload))

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
        listed: Any = [{"PartNumber": part.number, "ETag": f'"{part.etag}"'} for part in chosen]
        condition: Any
        try:
            with (
                _of(upload),
                condition_of(self._find, upload.bucket, upload.key, guard) as condition,
                self._client.asking(upload.bucket) as client,
            ):
                client.complete_multipart_upload(
                    **_at(upload), MultipartUpload={"Parts": listed}, **condition
                )
        except DirectRefused as error:
            if error.code in _CHANGED:
                raise UploadChanged(upload.id) from error
            raise
        stored = self._find(upload.bucket, upload.key)
        if stored is None:
            raise UploadChanged(upload.id)
        return stored

    def _listed(self, upload: Upload, after: int, most: int) -> Any:
        with self._client.asking(upload.bucket) as client:
            return client.list_parts(**_at(upload), PartNumberMarker=after, MaxParts=most)


@contextmanager
def _of(upload: Upload) -> Iterator[None]:
    """Raises UploadMissing in place of the other S3's NoSuchUpload."""
    try:
        yield
    except DirectRefused as error:
        if error.is_missing:
            raise UploadMissing(upload.id) from error
        raise


def _at(upload: Upload) -> Any:
    return {"Bucket": upload.bucket, "Key": upload.key, "UploadId": upload.id}
