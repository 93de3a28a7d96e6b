from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.backing import BackingS3
from tests.store.backing.reading import complete, content_of, part
from tests.store.databases import open_database as open_database

from clary.store.backing import parts as backing_parts
from clary.store.backing.doubts import LEASE_S
from clary.store.blob_names import backing_name, whole
from clary.store.blobs import BlobStore
from clary.store.database import Database
from clary.store.objects import StoredObject
from clary.store.upload_rows import Upload
from clary.store.uploads import UploadChanged, UploadMissing


@pytest.fixture
def upload(blobs: BlobStore) -> Upload:
    return blobs.uploads.create("b", "k", attributes={}, started_at=0.0)


@pytest.mark.parametrize(
    ("parts", "chosen"),
    [
        ({1: b"aaaa", 2: b"bbbb", 3: b"cc"}, [1, 2, 3]),
        ({3: b"cc", 1: b"aaaa", 2: b"bbbb"}, [1, 2, 3]),
        ({1: b"aa", 2: b"bbbb", 5: b"c"}, [1, 2, 5]),
        ({1: b"aaaa", 2: b"bbbb", 3: b"cccc"}, [2, 3]),
        ({1: b""}, [1]),
        ({1: b"aaaa", 2: b""}, [1, 2]),
    ],
)
def test_any_parts_make_the_object_they_say(
    blobs: BlobStore, upload: Upload, s3: BackingS3, parts: dict[int, bytes], chosen: list[int]
) -> None:
    for number, content in parts.items():
        part(blobs, upload, number, content)

    stored = complete(blobs, upload, chosen)

    assert stored.blob == whole(upload.blob)
    assert content_of(blobs, "k") == b"".join(parts[number] for number in chosen)
    blobs.drain()
    assert s3.objects() == {backing_name(stored.blob)}
    assert s3.uploads() == 0


def test_parts_that_do_not_fit_their_place_are_copied_into_it(
    blobs: BlobStore, upload: Upload, s3: BackingS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backing_parts, "DIRECT_BYTES", 8)
    part(blobs, upload, 1, b"first")
    part(blobs, upload, 1, b"FIRST")  # sent again
    part(blobs, upload, 2, b"of unknown size", known=False)
    part(blobs, upload, 3, b"a very large one")
    part(blobs, upload, 4, b"end")

    stored = complete(blobs, upload, [1, 2, 3, 4])

    assert content_of(blobs, "k") == b"FIRSTof unknown sizea very large oneend"
    blobs.drain()
    assert s3.objects() == {backing_name(stored.blob)}


def test_a_part_that_is_being_written_twice_is_whole(blobs: BlobStore, upload: Upload) -> None:
    first = blobs.uploads.stage_part(upload, 1, 4)
    second = blobs.uploads.stage_part(upload, 1, 4)
    first.write(b"aaaa")
    second.write(b"bbbb")
    blobs.uploads.put_part(upload, 1, second.finish(), attributes={}, modified_at=0.0)
    first.discard()

    complete(blobs, upload, [1])

    assert content_of(blobs, "k") == b"bbbb"


def test_aborting_removes_everything(blobs: BlobStore, upload: Upload, s3: BackingS3) -> None:
    part(blobs, upload, 1, b"aaaa")
    part(blobs, upload, 1, b"AAAA")

    blobs.uploads.abort(upload)
    blobs.drain()

    assert (s3.objects(), s3.uploads()) == (set(), 0)
    with pytest.raises(UploadMissing):
        blobs.uploads.abort(upload)


def test_a_completion_that_died_before_its_row_can_be_repeated(
    blobs: BlobStore, upload: Upload, s3: BackingS3
) -> None:
    parts = [part(blobs, upload, 1, b"aaaa"), part(blobs, upload, 2, b"bb")]
    calls = 0

    def die_late(_: StoredObject | None) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt  # in the transaction, when the content is whole already

    with pytest.raises(KeyboardInterrupt):
        blobs.uploads.complete(upload, parts, etag="e", attributes={}, modified_at=0.0, guard=die_late)
    assert blobs.objects.find("b", "k") is None
    again = blobs.uploads.find("b", upload.key, upload.id)
    assert again is not None

    with pytest.raises(UploadChanged):
        blobs.uploads.complete(again, parts[:1], etag="e", attributes={}, modified_at=0.0)
    complete(blobs, again, [1, 2])

    assert content_of(blobs, "k") == b"aaaabb"


def test_an_upload_that_never_got_its_row_is_aborted(
    blobs: BlobStore, database: Database, s3: BackingS3, tmp_path: Path
) -> None:
    content = s3.content(database, tmp_path / "other")
    content.give_up = lambda _blob: None  # type: ignore[method-assign]  # a killed process does nothing
    room = backing_parts.BackingParts(database, content).begin()
    room.__enter__()
    assert s3.uploads() == 1
    assert not room.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    content.close()

    late = s3.content(database, tmp_path / "late", now=lambda: time.time() + 2 * LEASE_S)
    late.drain()
    late.close()

    assert s3.uploads() == 0
