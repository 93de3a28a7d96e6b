from __future__ import annotations

import asyncio
import base64
import hashlib
import resource
import threading
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from clary.server import streams
from clary.server.body_intake import BodyIntake
from clary.server.incoming import ClientGone
from clary.services.s3._blob_slice import BlobSlice
from clary.services.s3._errors import S3Error
from clary.store.blobs import BlobStore
from clary.store.buckets import Bucket
from clary.store.database import Database
from clary.wire.http import HttpRequest
from clary.wire.sigv4 import Signature

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from clary.store.staging import StagedBlob

PUT = {"Bucket": "b", "Key": "k"}
CRC32 = base64.b64encode(zlib.crc32(b"content").to_bytes(4, "big")).decode()
MD5 = base64.b64encode(hashlib.md5(b"content").digest()).decode()


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[BlobStore]:
    database = Database.at(tmp_path / "clary.db")
    blobs = BlobStore(tmp_path / "blobs", database, small_bytes=0)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    yield blobs
    blobs.close()
    database.close()


def test_a_body_is_on_disk_with_its_hashes(blobs: BlobStore, tmp_path: Path) -> None:
    headers = {"content-length": "7", "x-amz-checksum-crc32": CRC32, "content-md5": MD5}

    staged = _receive(blobs, [b"con", b"tent"], headers, hashlib.sha256(b"content").hexdigest())

    [path] = _content_files(tmp_path)
    assert path.read_bytes() == b"content"
    assert (staged.size, staged.checksums) == (7, {"CRC32": CRC32})
    assert staged.etag == hashlib.md5(b"content").hexdigest()
    staged.discard()
    assert _content_files(tmp_path) == []


def test_a_body_of_many_batches_arrives_whole_and_in_order(blobs: BlobStore, tmp_path: Path) -> None:
    pieces = [bytes([number % 251]) * 70_001 for number in range(100)]

    staged = _receive(blobs, pieces, {"content-length": str(100 * 70_001)})

    [path] = _content_files(tmp_path)
    assert path.read_bytes() == b"".join(pieces)
    staged.discard()


def test_an_empty_body_is_an_empty_file(blobs: BlobStore) -> None:
    staged = _receive(blobs, [], {"content-length": "0"}, hashlib.sha256(b"").hexdigest())

    assert (staged.size, staged.etag) == (0, hashlib.md5(b"").hexdigest())
    staged.discard()


def test_a_checksum_in_the_trailer_is_verified_and_kept(blobs: BlobStore) -> None:
    staged = _receive(blobs, [_framed(CRC32)], _TRAILER, _UNSIGNED_TRAILER)

    assert (staged.size, staged.checksums) == (7, {"CRC32": CRC32})
    staged.discard()


@pytest.mark.parametrize(
    ("pieces", "headers", "payload_hash", "code"),
    [
        ([b"content"], {"content-length": "8"}, "UNSIGNED-PAYLOAD", "IncompleteBody"),
        ([b"content"], {"content-length": "6"}, "UNSIGNED-PAYLOAD", "IncompleteBody"),
        ([b"content"], {"content-length": "7"}, "0" * 64, "XAmzContentSHA256Mismatch"),
        (
            [b"CONTENT"],
            {"content-length": "7", "x-amz-checksum-crc32": CRC32},
            "UNSIGNED-PAYLOAD",
            "BadDigest",
        ),
        ([b"CONTENT"], {"content-length": "7", "content-md5": MD5}, "UNSIGNED-PAYLOAD", "BadDigest"),
        ([b"content"], {"content-length": "7", "content-md5": "AAAA"}, "UNSIGNED-PAYLOAD", "InvalidDigest"),
        ([b"x"], {"content-length": "1", "x-amz-checksum-crc32": "?"}, "UNSIGNED-PAYLOAD", "InvalidRequest"),
        (
            [b"x"],
            {"content-length": "1", "x-amz-checksum-xxhash3": "AA=="},
            "UNSIGNED-PAYLOAD",
            "NotImplemented",
        ),
        ([b"x"], {"content-length": str(6 << 30)}, "UNSIGNED-PAYLOAD", "EntityTooLarge"),
        ([b"x"], {"content-length": "-1"}, "UNSIGNED-PAYLOAD", "InvalidArgument"),
    ],
)
def test_a_body_that_is_not_what_was_said_leaves_nothing(
    blobs: BlobStore,
    tmp_path: Path,
    pieces: list[bytes],
    headers: dict[str, str],
    payload_hash: str,
    code: str,
) -> None:
    with pytest.raises(S3Error) as caught:
        _receive(blobs, pieces, headers, payload_hash)

    assert caught.value.code == code
    _settle()
    assert _content_files(tmp_path) == []


def test_a_trailer_that_does_not_fit_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    for framed, code in ((_framed("AAAAAA=="), "BadDigest"), (_framed(None), "MalformedTrailerError")):
        with pytest.raises(S3Error) as caught:
            _receive(blobs, [framed], _TRAILER, _UNSIGNED_TRAILER)
        assert caught.value.code == code

    _settle()
    assert _content_files(tmp_path) == []


def test_a_client_that_goes_away_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    async def interrupted() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000
        raise ClientGone

    with pytest.raises(ClientGone):
        asyncio.run(_receiving(blobs, interrupted(), {"content-length": "9000000"}, "UNSIGNED-PAYLOAD", PUT))

    _settle()
    assert _content_files(tmp_path) == []


def test_a_bucket_that_is_not_there_is_told_before_the_body_is_read(blobs: BlobStore) -> None:
    async def unread() -> AsyncIterator[bytes]:
        pytest.fail("the body was read")
        yield b""

    with pytest.raises(S3Error) as caught:
        asyncio.run(
            _receiving(
                blobs, unread(), {"content-length": "9000000"}, "UNSIGNED-PAYLOAD", {**PUT, "Bucket": "no"}
            )
        )

    assert caught.value.code == "NoSuchBucket"


def test_a_full_disk_is_told_as_such(blobs: BlobStore, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(S3Error) as caught:
            _receive(blobs, [b"x" * (3 << 20)], {"content-length": str(3 << 20)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert caught.value.code == "InsufficientStorage"
    _settle()
    assert _content_files(tmp_path) == []


def test_a_request_that_is_cut_off_while_its_object_is_kept_leaves_the_object_whole(
    blobs: BlobStore, tmp_path: Path
) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    def keep(staged: StagedBlob) -> None:
        begun.set()
        may_go_on.wait(10)
        blobs.objects.put("b", "k", staged, attributes={}, modified_at=0.0)

    async def cut_off() -> None:
        put = asyncio.create_task(
            _receiving(blobs, _pieces([b"content"]), {"content-length": "7"}, keep=keep)
        )
        await asyncio.to_thread(begun.wait, 10)
        put.cancel()
        with pytest.raises(asyncio.CancelledError):
            await put

    asyncio.run(cut_off())
    may_go_on.set()
    _settle()

    opened = blobs.objects.open("b", "k")
    assert opened is not None
    assert BlobSlice(opened, 0, 7).read(7) == b"content"
    opened.close()


def test_a_part_is_hashed_as_its_upload_wants(blobs: BlobStore) -> None:
    upload = blobs.uploads.create("b", "k", attributes={"ChecksumAlgorithm": "CRC32"}, started_at=0.0)
    params = {**PUT, "UploadId": upload.id, "PartNumber": 1}

    staged = _receive(blobs, [b"content"], {"content-length": "7"}, params=params)

    assert staged.checksums == {"CRC32": CRC32}
    assert staged.blob == upload.blob
    staged.discard()
    with pytest.raises(S3Error, match="upload does not exist"):
        _receive(blobs, [b"content"], {"content-length": "7"}, params={**params, "Key": "other"})


def test_content_is_sent_in_order_though_its_object_goes(blobs: BlobStore) -> None:
    content = bytes(range(256)) * 20_000
    writer = blobs.stage()
    writer.write(content)
    blobs.objects.put("b", "k", writer.finish(), attributes={}, modified_at=0.0)
    opened = blobs.objects.open("b", "k")
    assert opened is not None
    blobs.objects.delete("b", ["k"])
    blobs.drain()

    sent = asyncio.run(_sent(BlobSlice(opened, 10, len(content) - 20)))

    assert sent == content[10:-10]
    _settle()
    assert opened.fd == -1


def test_a_file_that_is_too_short_breaks_off_the_answer(blobs: BlobStore) -> None:
    writer = blobs.stage()
    writer.write(b"short")
    blobs.objects.put("b", "k", writer.finish(), attributes={}, modified_at=0.0)
    opened = blobs.objects.open("b", "k")
    assert opened is not None

    with pytest.raises(OSError, match="lacks its last 5 bytes"):
        asyncio.run(_sent(BlobSlice(opened, 0, 10)))

    opened.close()


def test_a_whole_body_is_held_against_its_hash() -> None:
    streams.check_payload_hash(b"content", hashlib.sha256(b"content").hexdigest())
    streams.check_payload_hash(b"content", "UNSIGNED-PAYLOAD")

    with pytest.raises(S3Error):
        streams.check_payload_hash(b"CONTENT", hashlib.sha256(b"content").hexdigest())


_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_TRAILER = {
    "content-length": "99",
    "x-amz-decoded-content-length": "7",
    "x-amz-trailer": "x-amz-checksum-crc32",
    "content-encoding": "aws-chunked",
    "x-amz-content-sha256": _UNSIGNED_TRAILER,
}


def _framed(crc32: str | None) -> bytes:
    trailer = f"x-amz-checksum-crc32:{crc32}\r\n" if crc32 is not None else ""
    return f"7\r\ncontent\r\n0\r\n{trailer}\r\n".encode()


def test_pieces_of_a_request_that_was_given_up_are_dropped(blobs: BlobStore) -> None:
    """They arrive in a thread that nobody waits for any more."""
    intake = BodyIntake(blobs, HttpRequest("PUT", "/b/k", "", {}), dict(PUT), _signed("UNSIGNED-PAYLOAD"), "")
    intake.discard()

    intake.take([b"content"])

    with pytest.raises(S3Error, match="given up"):
        intake.finish([], lambda staged: staged)


def _receive(
    blobs: BlobStore,
    pieces: list[bytes],
    headers: dict[str, str],
    payload_hash: str = "UNSIGNED-PAYLOAD",
    params: dict[str, Any] = PUT,
) -> StagedBlob:
    staged: StagedBlob = asyncio.run(_receiving(blobs, _pieces(pieces), headers, payload_hash, params))
    return staged


async def _pieces(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _receiving(
    blobs: BlobStore,
    body: AsyncIterator[bytes],
    headers: dict[str, str],
    payload_hash: str = "UNSIGNED-PAYLOAD",
    params: dict[str, Any] = PUT,
    keep: Callable[[StagedBlob], Any] | None = None,
) -> Any:
    signature = _signed(payload_hash)
    request = HttpRequest("PUT", "/b/k", "", headers)
    return await streams.receive_body(body, blobs, request, dict(params), signature, "secret", keep or _same)


def _signed(payload_hash: str) -> Signature:
    return Signature(
        access_key_id="AKIA",
        session_token="",
        date="20261130T120000Z",
        signed_at=0.0,
        day="20261130",
        region="us-east-1",
        service="s3",
        signed_headers=("host",),
        signature="",
        payload_hash=payload_hash,
    )


def _same(staged: StagedBlob) -> StagedBlob:
    return staged


async def _sent(content: BlobSlice) -> bytes:
    return b"".join([piece async for piece in streams.send_blob(content)])


def _settle() -> None:
    """Returns when every worker thread is done with what it was given before."""
    for threads in (streams._bulk(), streams._disk()):
        barrier = threading.Barrier(threads._max_workers)
        for future in [threads.submit(barrier.wait, 30) for _ in range(threads._max_workers)]:
            future.result()


def _content_files(tmp_path: Path) -> list[Path]:
    root = tmp_path / "blobs"
    return [path for path in root.rglob("*") if path.is_file() and path.parent.name != "journal"]
