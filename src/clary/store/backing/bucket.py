"""The calls of the S3 behind Clary.

Content has a name of 32 hexadecimal digits, and the key ``<prefix>ab/cdef...``: no part of a key comes from a
caller. Nothing is overwritten but a part of an upload.
"""

from __future__ import annotations

import time
from typing import IO, TYPE_CHECKING, Any

from .client import BackingClient
from .failures import BackingRefused, ContentLost, UploadGone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from mypy_boto3_s3 import S3Client

    from .address import BackingAddress

COPY_BYTES = 1 << 30
"""Of one part of a server-side copy; S3 copies at most 5 GiB at a time."""

Body = bytes | IO[bytes]


class BackingBucket:
    """One bucket of another S3, below a prefix. Safe to use from any thread.

    All methods raise BackingError.
    """

    def __init__(self, address: BackingAddress, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self._client = BackingClient(address, str(address), clock=clock)

    def put(self, name: str, body: Body, size: int) -> None:
        with self._asking() as client:
            client.put_object(**self._at(name), Body=body, ContentLength=size)

    def begin(self, name: str) -> str:
        """Begins an upload in parts. Returns its id."""
        with self._asking() as client:
            return client.create_multipart_upload(**self._at(name))["UploadId"]

    def put_part(self, name: str, upload: str, number: int, body: Body, size: int) -> str:
        """Returns the ETag, without quotes."""
        with self._asking() as client:
            answer = client.upload_part(
                **self._at(name), UploadId=upload, PartNumber=number, Body=body, ContentLength=size
            )
        return answer["ETag"].strip('"')

    def copy_part(
        self, name: str, upload: str, number: int, source: str, span: tuple[int, int] | None = None
    ) -> str:
        """Copies content into a part, without moving bytes here. span: its first and last byte.

        Raises BackingRefused also where the S3 has no such copies.
        """
        ranged: Any = {} if span is None else {"CopySourceRange": f"bytes={span[0]}-{span[1]}"}
        with self._asking() as client:
            answer = client.upload_part_copy(
                **self._at(name), UploadId=upload, PartNumber=number, CopySource=self._at(source), **ranged
            )
        etag = answer.get("CopyPartResult", {}).get("ETag")
        if not etag:
            # It took the request for an UploadPart without content.
            raise BackingRefused(f"the S3 {self.address} does not have UploadPartCopy")
        return etag.strip('"')

    def complete(self, name: str, upload: str, parts: Sequence[tuple[int, str]]) -> None:
        """parts: numbers and ETags, in order."""
        listed = [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in parts]
        with self._asking() as client:
            client.complete_multipart_upload(
                **self._at(name),
                UploadId=upload,
                MultipartUpload={"Parts": listed},  # type: ignore[typeddict-item]
            )

    def abort(self, name: str, upload: str) -> None:
        """An upload that is gone is no error."""
        try:
            with self._asking() as client:
                client.abort_multipart_upload(**self._at(name), UploadId=upload)
        except UploadGone:
            pass

    def abort_all(self, name: str) -> None:
        """Aborts the upload of a name whose id only a dead process knew."""
        key = self._at(name)["Key"]
        with self._asking() as client:
            answer = client.list_multipart_uploads(Bucket=self.address.bucket, Prefix=key)
        for upload in answer.get("Uploads") or ():
            if upload["Key"] == key:
                self.abort(name, upload["UploadId"])

    def copy(self, source: str, target: str, size: int) -> None:
        """Copies content to a new name, inside the S3."""
        if size <= COPY_BYTES:
            with self._asking() as client:
                client.copy_object(
                    **self._at(target), CopySource=self._at(source), MetadataDirective="REPLACE"
                )
            return
        upload = self.begin(target)
        try:
            parts = []
            for number, first in enumerate(range(0, size, COPY_BYTES), start=1):
                span = (first, min(first + COPY_BYTES, size) - 1)
                parts.append((number, self.copy_part(target, upload, number, source, span)))
            self.complete(target, upload, parts)
        except BaseException:
            self.abort(target, upload)
            raise

    def size_of(self, name: str) -> int | None:
        """Returns the size of content in bytes; None when there is none."""
        try:
            with self._asking() as client:
                return client.head_object(**self._at(name))["ContentLength"]
        except ContentLost:
            return None

    def read(self, name: str, first: int, last: int) -> IO[bytes]:
        """Returns a stream of the bytes from ``first`` to ``last``, both included. Reading it may raise."""
        with self._asking() as client:
            return client.get_object(**self._at(name), Range=f"bytes={first}-{last}")["Body"]  # type: ignore[return-value]

    def delete(self, name: str) -> None:
        """Content that is gone is no error."""
        try:
            with self._asking() as client:
                client.delete_object(**self._at(name))
        except ContentLost:
            pass

    def url(self, name: str, seconds: int) -> str:
        """Returns an address from which anybody may read the content for so long."""
        with self._asking(checked=False) as client:
            return client.generate_presigned_url("get_object", Params=self._at(name), ExpiresIn=seconds)

    def read_note(self, key: str) -> bytes | None:
        """Returns a small object that is no content of Clary's; None when there is none."""
        try:
            with self._asking() as client:
                return client.get_object(Bucket=self.address.bucket, Key=self.address.prefix + key)[
                    "Body"
                ].read(4096)
        except ContentLost:
            return None

    def write_note(self, key: str, text: bytes) -> None:
        with self._asking() as client:
            client.put_object(Bucket=self.address.bucket, Key=self.address.prefix + key, Body=text)

    def delete_note(self, key: str) -> None:
        with self._asking() as client:
            client.delete_object(Bucket=self.address.bucket, Key=self.address.prefix + key)

    def make(self) -> None:
        """Creates the bucket. One that this account has already is no error."""
        region = self.address.region
        place: Any = (
            {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        try:
            with self._asking() as client:
                client.create_bucket(Bucket=self.address.bucket, **place)
        except BackingRefused as error:
            if "BucketAlreadyOwnedByYou" not in str(error):
                raise

    def close(self) -> None:
        self._client.close()

    def _at(self, name: str) -> Any:
        return {"Bucket": self.address.bucket, "Key": f"{self.address.prefix}{name[:2]}/{name[2:]}"}

    def _asking(self, *, checked: bool = True) -> AbstractContextManager[S3Client]:
        return self._client.asking(checked=checked)
