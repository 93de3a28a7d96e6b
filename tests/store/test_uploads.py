from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.store.databases import open_database

from clary.store.blobs import BlobStore
from clary.store.buckets import Bucket
from clary.store.uploads import UploadMissing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clary.store.objects import StoredObject
    from clary.store.upload_rows import Part, Upload


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[BlobStore]:
    database = open_database(tmp_path / "clary.db")
    blobs = BlobStore(tmp_path / "blobs", database)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    yield blobs
    blobs.close()
    database.close()


@pytest.fixture
def upload(blobs: BlobStore) -> Upload:
    return blobs.uploads.create("b", "k", attributes={}, started_at=0.0)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_equal_parts_become_the_object_without_a_copy(
    blobs: BlobStore, upload: Upload, tmp_path: Path, order: tuple[int, ...]
) -> None:
    contents = {1: b"aaaa", 2: b"bbbb", 3: b"cc"}
    _part(blobs, upload, 1, contents[1])
    for number in order:
        if number != 1:
            _part(blobs, upload, number, contents[number])

    stored = _complete(blobs, upload, [1, 2, 3])

    assert stored.blob == upload.blob
    assert blobs.local_path(stored).read_bytes() == b"aaaabbbbcc"
    blobs.drain()
    assert _content_files(tmp_path) == {blobs.local_path(stored)}


@pytest.mark.parametrize(
    ("parts", "chosen"),
    [
        ({1: b"aaaa", 2: b"bb", 3: b"cccc"}, [1, 2, 3]),  # a short one in the middle
        ({1: b"aa", 2: b"bbbb", 3: b"c"}, [1, 2, 3]),  # a longer one than the first
        ({1: b"aaaa", 3: b"cccc"}, [1, 3]),  # a gap
        ({2: b"bbbb", 5: b"c"}, [2, 5]),  # not from 1 on
        ({1: b"aaaa", 2: b"bbbb", 3: b"cccc"}, [1, 2]),  # one not chosen
        ({1: b"aaaa", 2: b"bbbb", 3: b"cccc"}, [2, 3]),
        ({1: b""}, [1]),
        ({1: b"aaaa", 2: b""}, [1, 2]),
    ],
)
def test_any_parts_make_the_object_they_say(
    blobs: BlobStore, upload: Upload, tmp_path: Path, parts: dict[int, bytes], chosen: list[int]
) -> None:
    for number, content in parts.items():
        _part(blobs, upload, number, content)

    stored = _complete(blobs, upload, chosen)

    expected = b"".join(parts[number] for number in chosen)
    assert blobs.local_path(stored).read_bytes() == expected
    assert stored.size == len(expected)
    blobs.drain()
    assert _content_files(tmp_path) == {blobs.local_path(stored)}


def test_a_part_sent_again_replaces_the_first(blobs: BlobStore, upload: Upload, tmp_path: Path) -> None:
    _part(blobs, upload, 1, b"aaaa")
    _part(blobs, upload, 2, b"bb")
    _part(blobs, upload, 1, b"AAAA")

    stored = _complete(blobs, upload, [1, 2])

    assert blobs.local_path(stored).read_bytes() == b"AAAAbb"
    blobs.drain()
    assert _content_files(tmp_path) == {blobs.local_path(stored)}


def test_a_part_given_up_halfway_leaves_the_one_before_whole(blobs: BlobStore, upload: Upload) -> None:
    _part(blobs, upload, 1, b"aaaa")
    again = blobs.uploads.stage_part(upload, 1, 4)
    again.write(b"XX")
    again.discard()

    stored = _complete(blobs, upload, [1])

    assert blobs.local_path(stored).read_bytes() == b"aaaa"


def test_a_straggler_does_not_change_the_finished_object(blobs: BlobStore, upload: Upload) -> None:
    _part(blobs, upload, 1, b"aaaa")
    straggler = blobs.uploads.stage_part(upload, 2, 4)
    straggler.write(b"X")
    _part(blobs, upload, 2, b"bbbb")

    stored = _complete(blobs, upload, [1, 2])
    straggler.write(b"XXX")
    late = straggler.finish()

    with pytest.raises(UploadMissing):
        blobs.uploads.put_part(upload, 2, late, attributes={}, modified_at=0.0)
    assert blobs.local_path(stored).read_bytes() == b"aaaabbbb"


def test_more_bytes_than_announced_are_not_written_into_the_next_part(
    blobs: BlobStore, upload: Upload
) -> None:
    _part(blobs, upload, 1, b"aaaa")
    _part(blobs, upload, 3, b"cccc")
    writer = blobs.uploads.stage_part(upload, 2, 4)

    with pytest.raises(ValueError, match="more than the 4 bytes"):
        writer.write(b"bbbbb")

    writer.discard()


def test_aborting_removes_every_file(blobs: BlobStore, upload: Upload, tmp_path: Path) -> None:
    _part(blobs, upload, 1, b"aaaa")
    _part(blobs, upload, 1, b"AAAA")

    blobs.uploads.abort(upload)
    blobs.drain()

    assert _content_files(tmp_path) == set()
    with pytest.raises(UploadMissing):
        blobs.uploads.abort(upload)


def test_deleting_the_bucket_ends_its_uploads(blobs: BlobStore, upload: Upload, tmp_path: Path) -> None:
    _part(blobs, upload, 1, b"aaaa")

    blobs.buckets.delete("b")
    blobs.drain()

    assert blobs.uploads.find("b", upload.key, upload.id) is None
    assert _content_files(tmp_path) == set()


def test_a_refused_completion_can_be_repeated(blobs: BlobStore, upload: Upload) -> None:
    parts = [_part(blobs, upload, 1, b"aaaa"), _part(blobs, upload, 2, b"bb")]

    def refuse(_: StoredObject | None) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        blobs.uploads.complete(upload, parts, etag="e", attributes={}, modified_at=0.0, guard=refuse)
    _part(blobs, upload, 2, b"BBBB")

    stored = _complete(blobs, upload, [1, 2])

    assert blobs.local_path(stored).read_bytes() == b"aaaaBBBB"


def _part(blobs: BlobStore, upload: Upload, number: int, content: bytes) -> Part:
    writer = blobs.uploads.stage_part(upload, number, len(content))
    writer.write(content)
    return blobs.uploads.put_part(upload, number, writer.finish(), attributes={}, modified_at=0.0)


def _complete(blobs: BlobStore, upload: Upload, numbers: list[int]) -> StoredObject:
    parts = {part.number: part for part in blobs.uploads.parts(upload)}
    return blobs.uploads.complete(
        upload, [parts[number] for number in numbers], etag="e", attributes={}, modified_at=0.0
    )


def _content_files(tmp_path: Path) -> set[Path]:
    root = tmp_path / "blobs"
    return {path for path in root.rglob("*") if path.is_file() and path.parent.name != "journal"}
