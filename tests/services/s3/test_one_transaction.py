"""Each writing operation of S3 is one commit: interrupted before it, data and files are unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from botocore import xform_name

from clary.server.operation import READS
from clary.server.registry import find_operation, public_functions
from clary.services.context import Context
from clary.store.blobs import BlobStore
from clary.store.database import Database
from clary.store.schema import metadata

CONTENT = b"content" * 1000
TAGS = {"TagSet": [{"Key": "a", "Value": "b"}]}

WRITES: list[tuple[str, dict[str, Any]]] = [
    ("AbortMultipartUpload", {"Bucket": "full", "Key": "parts", "UploadId": "UPLOAD"}),
    (
        "CompleteMultipartUpload",
        {"Bucket": "full", "Key": "parts", "UploadId": "UPLOAD", "MultipartUpload": {"Parts": ["PART"]}},
    ),
    ("CopyObject", {"Bucket": "full", "Key": "copy", "CopySource": "full/key"}),
    ("CreateBucket", {"Bucket": "new-bucket"}),
    ("CreateMultipartUpload", {"Bucket": "full", "Key": "more"}),
    ("DeleteBucket", {"Bucket": "empty"}),
    ("DeleteBucketCors", {"Bucket": "full"}),
    ("DeleteBucketEncryption", {"Bucket": "full"}),
    ("DeleteBucketLifecycle", {"Bucket": "full"}),
    ("DeleteBucketOwnershipControls", {"Bucket": "full"}),
    ("DeleteBucketPolicy", {"Bucket": "full"}),
    ("DeleteBucketReplication", {"Bucket": "full"}),
    ("DeleteBucketTagging", {"Bucket": "full"}),
    ("DeleteBucketWebsite", {"Bucket": "full"}),
    ("DeleteObject", {"Bucket": "full", "Key": "key"}),
    ("DeleteObjectTagging", {"Bucket": "full", "Key": "key"}),
    ("DeleteObjects", {"Bucket": "full", "Delete": {"Objects": [{"Key": "key"}, {"Key": "other"}]}}),
    ("DeletePublicAccessBlock", {"Bucket": "full"}),
    ("PutBucketTagging", {"Bucket": "full", "Tagging": TAGS}),
    ("PutBucketVersioning", {"Bucket": "full", "VersioningConfiguration": {"Status": "Enabled"}}),
    ("PutObject", {"Bucket": "full", "Key": "key", "Body": "STAGED"}),
    ("PutObjectTagging", {"Bucket": "full", "Key": "key", "Tagging": TAGS}),
    (
        "UploadPart",
        {"Bucket": "full", "Key": "parts", "UploadId": "UPLOAD", "PartNumber": 2, "Body": "STAGED"},
    ),
    (
        "UploadPartCopy",
        {"Bucket": "full", "Key": "parts", "UploadId": "UPLOAD", "PartNumber": 2, "CopySource": "full/key"},
    ),
]


class Killed(BaseException):
    """Stands for the end of the server process."""


class CutDatabase(Database):
    """A database that raises Killed before a commit when told to; counts commits."""

    dies = False
    commits = 0

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        with super().write() as connection:
            yield connection
            if self.dies:
                raise Killed
        self.commits += 1


class Bucketful:
    """A store with a bucket of two objects, another without any, and an upload with one part."""

    def __init__(self, ctx: Context, folder: Path) -> None:
        self._folder = folder
        self.database = CutDatabase.at(folder / "clary.db")
        self.blobs = BlobStore(folder / "blobs", self.database)
        self._ctx = replace(ctx, blobs=self.blobs)
        for name in ("full", "empty"):
            self._answer("CreateBucket", {"Bucket": name})
        for key in ("key", "other"):
            self.call("PutObject", {"Bucket": "full", "Key": key, "Body": "STAGED"})
        upload = self._answer("CreateMultipartUpload", {"Bucket": "full", "Key": "parts"})
        self._upload = upload["UploadId"]
        part = {"Bucket": "full", "Key": "parts", "UploadId": "UPLOAD", "PartNumber": 1, "Body": "STAGED"}
        self._part = {"PartNumber": 1, "ETag": self.call("UploadPart", part)["ETag"]}

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """With an upload's id and content in place of the words that stand for them."""
        return self._answer(operation, self._filled(request))

    def _filled(self, request: dict[str, Any]) -> dict[str, Any]:
        filled = dict(request)
        if "UploadId" in filled:
            filled["UploadId"] = self._upload
        if "MultipartUpload" in filled:
            filled["MultipartUpload"] = {"Parts": [self._part]}
        if "Body" in filled:
            upload = (
                self.blobs.uploads.find(request["Bucket"], request["Key"], self._upload)
                if "UploadId" in request
                else None
            )
            writer = self.blobs.uploads.stage_part(upload, 1, None) if upload else self.blobs.stage()
            writer.write(CONTENT)
            filled["Body"] = writer.finish()
        return filled

    def _answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return find_operation("s3", operation)(self._ctx, request) or {}

    def rows(self) -> dict[str, list[str]]:
        with self.database.read() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(sa.select(table)).all()))
                for table in metadata.sorted_tables
            }

    def files(self) -> set[str]:
        """Every file with content, by name."""
        self.blobs.drain()
        found = (self._folder / "blobs").glob("[0-9a-f][0-9a-f]/*")
        return {path.name for path in found}

    def close(self) -> None:
        self.blobs.close()
        self.database.close()


@pytest.fixture
def full(ctx: Context, tmp_path: Path) -> Iterator[Bucketful]:
    (tmp_path / "full").mkdir()
    made = Bucketful(ctx, tmp_path / "full")
    yield made
    made.close()


@pytest.mark.parametrize(("operation", "request_"), WRITES, ids=[name for name, _ in WRITES])
def test_an_operation_is_one_commit_and_cut_before_it_has_done_nothing(
    full: Bucketful, operation: str, request_: dict[str, Any]
) -> None:
    rows, files = full.rows(), full.files()

    full.database.dies = True
    # Some have nothing to write: what they would take away was never set.
    with_something_to_write = False
    try:
        full.call(operation, request_)
    except Killed:
        with_something_to_write = True
    assert (full.rows(), full.files()) == (rows, files)

    full.database.dies = False
    full.database.commits = 0
    full.call(operation, request_)
    assert full.database.commits == int(with_something_to_write)


def test_every_operation_that_writes_is_cut_here() -> None:
    reads = tuple(xform_name(prefix) for prefix in READS)

    writing = {name for name, _ in public_functions("s3") if not name.startswith(reads)}

    assert writing - {"put_bucket_cors"} == {xform_name(name) for name, _ in WRITES}, "CORS is always refused"
