"""A context with real objects on disk, in a bucket called "bucket"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from clary.domain.errors import PlatformError
from clary.services.s3 import bucket, multipart, object, part
from clary.store.blobs import BlobStore
from clary.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clary.services.context import Context, Document


@pytest.fixture
def ctx(ctx: Context, tmp_path: Path) -> Iterator[Context]:
    database = Database.at(tmp_path / "s3.db")
    blobs = BlobStore(tmp_path / "blobs", database)
    ctx = replace(ctx, blobs=blobs)
    bucket.create_bucket(ctx, {"Bucket": "bucket"})
    yield ctx
    blobs.close()
    database.close()


@pytest.fixture
def put(ctx: Context) -> Callable[..., Document]:
    """PutObject of a key and its content; further members as they are."""

    def put_object(key: str, content: bytes = b"content", **members: Any) -> Document:
        writer = ctx.blobs.stage(members.pop("algorithms", ()))
        writer.write(content)
        return object.put_object(ctx, {"Bucket": "bucket", "Key": key, "Body": writer.finish(), **members})

    return put_object


@pytest.fixture
def get(ctx: Context) -> Callable[..., Document]:
    """GetObject with the whole body as bytes."""

    def get_object(key: str, **members: Any) -> Document:
        answer = object.get_object(ctx, {"Bucket": "bucket", "Key": key, **members})
        if not isinstance(answer["Body"], bytes):
            with_slice = answer["Body"]
            pieces = []
            while piece := with_slice.read(100_000):
                pieces.append(piece)
            with_slice.close()
            answer["Body"] = b"".join(pieces)
        return answer

    return get_object


@pytest.fixture
def begin(ctx: Context) -> Callable[..., str]:
    """CreateMultipartUpload; answers the id."""

    def create(key: str, **members: Any) -> str:
        answer = multipart.create_multipart_upload(ctx, {"Bucket": "bucket", "Key": key, **members})
        return str(answer["UploadId"])

    return create


@pytest.fixture
def send_part(ctx: Context) -> Callable[..., Document]:
    """UploadPart as the server does it; answers the entry for CompleteMultipartUpload."""

    def upload_part(key: str, upload_id: str, number: int, content: bytes) -> Document:
        upload = ctx.blobs.uploads.find("bucket", key, upload_id)
        assert upload is not None
        algorithm = upload.attributes.get("ChecksumAlgorithm")
        writer = ctx.blobs.uploads.stage_part(upload, number, len(content), [algorithm] if algorithm else [])
        writer.write(content)
        request = {"Bucket": "bucket", "Key": key, "UploadId": upload_id, "PartNumber": number}
        answer = part.upload_part(ctx, {**request, "Body": writer.finish()})
        return {"PartNumber": number, **answer}

    return upload_part


@pytest.fixture
def complete(ctx: Context) -> Callable[..., Document]:
    def complete_upload(key: str, upload_id: str, parts: list[Document], **members: Any) -> Document:
        request = {"Bucket": "bucket", "Key": key, "UploadId": upload_id, **members}
        return multipart.complete_multipart_upload(ctx, {**request, "MultipartUpload": {"Parts": parts}})

    return complete_upload


@pytest.fixture
def code_of() -> Callable[..., str]:
    """The code of the error that a call raises."""

    def raised(call: Callable[..., object], *arguments: Any, **members: Any) -> str:
        with pytest.raises(PlatformError) as caught:
            call(*arguments, **members)
        return str(caught.value.code)

    return raised
