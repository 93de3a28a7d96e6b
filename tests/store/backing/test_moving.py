from __future__ import annotations

from pathlib import Path

import pytest
from tests.backing import BackingS3
from tests.store.backing.reading import content_of, part, put
from tests.store.databases import open_database as open_database

from clary.store.backing.bucket import BackingBucket
from clary.store.backing.moving import UnfinishedUploads
from clary.store.backing.place import known_place, take_place
from clary.store.blobs import BlobStore
from clary.store.buckets import ENABLED, Bucket
from clary.store.database import Database

KEYS = ("a", "b", "ü", "z/1", "z/2")


def test_everything_moves_there_and_back_and_may_be_cut_in_between(
    tmp_path: Path, database: Database, s3: BackingS3
) -> None:
    before = BlobStore(tmp_path / "blobs", database, small_bytes=4)
    before.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    before.buckets.set_versioning("b", ENABLED)
    put(before, "a", b"an older version")
    for key in KEYS:
        put(before, key, key.encode() * 10)
    put(before, "small", b"row")
    before.close()
    take_place(BackingBucket(s3.address), database)

    def cut(count: int, _size: int) -> None:
        if count == 3:
            raise KeyboardInterrupt

    for to_s3, there in ((True, 6), (False, 0)):
        blobs = store(tmp_path, database, s3)
        with pytest.raises(KeyboardInterrupt):
            blobs.move(to_s3=to_s3, say=cut)
        assert {key: content_of(blobs, key) for key in KEYS} == {key: key.encode() * 10 for key in KEYS}
        counts: list[tuple[int, int]] = []
        blobs.move(to_s3=to_s3, say=lambda *told, counts=counts: counts.append(told))  # type: ignore[misc]
        blobs.drain()

        assert len(counts) == 3
        assert len(s3.objects()) == there
        assert len(files(tmp_path)) == 6 - there
        assert {key: content_of(blobs, key) for key in KEYS} == {key: key.encode() * 10 for key in KEYS}
        versions = blobs.objects.page_of_versions("b", prefix="a", limit=9).entries
        opened = blobs.objects.open("b", "a", versions[1][0].stored.version)
        assert opened is not None
        assert opened.read(100, 0) == b"an older version"
        opened.close()
        blobs.close()
    assert known_place(database) is None


def test_unfinished_uploads_are_not_left_behind(tmp_path: Path, database: Database, s3: BackingS3) -> None:
    take_place(BackingBucket(s3.address), database)
    blobs = store(tmp_path, database, s3)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    part(blobs, blobs.uploads.create("b", "k", attributes={}, started_at=0.0), 1, b"part")

    with pytest.raises(UnfinishedUploads, match="1 uploads"):
        blobs.move(to_s3=False, say=lambda *_: None)

    assert known_place(database) is not None
    blobs.close()


def store(tmp_path: Path, database: Database, s3: BackingS3) -> BlobStore:
    content = s3.content(database, tmp_path / "blobs/backing")
    return BlobStore(tmp_path / "blobs", database, small_bytes=4, backing=content)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").glob("??/*") if path.is_file()]
