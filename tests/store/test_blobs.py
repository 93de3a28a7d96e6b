"""Content in files: of objects that are large, which here is every object with content."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from tests.store.databases import open_database, url_of

from clary.store.blobs import BlobStore
from clary.store.buckets import Bucket, BucketMissing
from clary.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clary.store.objects import StoredObject


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "clary.db")
    yield database
    database.close()


@pytest.fixture
def blobs(tmp_path: Path, database: Database) -> Iterator[BlobStore]:
    blobs = BlobStore(tmp_path / "blobs", database, small_bytes=0)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    yield blobs
    blobs.close()


def test_an_object_is_one_regular_read_only_file(blobs: BlobStore) -> None:
    stored = _put(blobs, "a//../b", b"content")

    path = blobs.local_path(stored)

    assert path.is_file()
    assert path.read_bytes() == b"content"
    assert path.stat().st_mode & 0o222 == 0


def test_replacing_an_object_removes_its_file(blobs: BlobStore, tmp_path: Path) -> None:
    _put(blobs, "k", b"old")
    stored = _put(blobs, "k", b"new")
    blobs.drain()

    assert _content_files(tmp_path) == {blobs.local_path(stored)}


def test_an_open_object_is_readable_after_its_deletion(blobs: BlobStore, tmp_path: Path) -> None:
    _put(blobs, "k", b"content")
    opened = blobs.objects.open("b", "k")
    assert opened is not None
    blobs.objects.delete("b", ["k"])
    blobs.drain()

    assert _content_files(tmp_path) == set()
    assert opened.read(100, 0) == b"content"

    opened.close()


def test_the_content_of_an_object_is_read_up_to_a_size(blobs: BlobStore) -> None:
    _put(blobs, "folder/k", b"content")

    assert blobs.objects.content("s3://b/folder/k", 7) == b"content"
    assert blobs.objects.content("s3://b/folder/k", 6) is None
    assert blobs.objects.content("s3://b/folder", 7) is None
    assert blobs.objects.content("s3://none/k", 7) is None


def test_a_hard_link_of_an_object_outlives_it(blobs: BlobStore, tmp_path: Path) -> None:
    os.link(blobs.local_path(_put(blobs, "k", b"content")), tmp_path / "staged")
    blobs.objects.delete("b", ["k"])
    blobs.drain()

    assert (tmp_path / "staged").read_bytes() == b"content"


def test_a_write_to_no_bucket_leaves_no_file(blobs: BlobStore, tmp_path: Path) -> None:
    writer = blobs.stage()
    writer.write(b"content")

    with pytest.raises(BucketMissing):
        blobs.objects.put("nowhere", "k", writer.finish(), attributes={}, modified_at=0.0)

    assert _content_files(tmp_path) == set()


def test_a_refused_write_keeps_what_was_there(blobs: BlobStore, tmp_path: Path) -> None:
    _put(blobs, "k", b"old")
    writer = blobs.stage()
    writer.write(b"new")

    def refuse(current: StoredObject | None) -> None:
        assert current is not None
        raise PermissionError(current.key)

    with pytest.raises(PermissionError):
        blobs.objects.put("b", "k", writer.finish(), attributes={}, modified_at=0.0, guard=refuse)

    found = blobs.objects.find("b", "k")
    assert found is not None
    assert blobs.local_path(found).read_bytes() == b"old"
    blobs.drain()
    assert len(_content_files(tmp_path)) == 1


def test_copies_share_their_bytes_and_not_their_fate(blobs: BlobStore) -> None:
    source = _put(blobs, "k", b"content")
    copy = blobs.objects.put_same_content(source, "b", "copy", attributes={}, modified_at=1.0)
    assert blobs.local_path(copy).samefile(blobs.local_path(source))

    blobs.objects.delete("b", ["k"])
    blobs.drain()

    assert blobs.local_path(copy).read_bytes() == b"content"


def test_nothing_is_in_doubt_after_a_clean_end(tmp_path: Path, database: Database) -> None:
    blobs = BlobStore(tmp_path / "blobs", database, small_bytes=0)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    _put(blobs, "k", b"1")
    _put(blobs, "k", b"2")
    blobs.objects.delete("b", ["k"])
    blobs.close()

    assert list((tmp_path / "blobs" / "journal").iterdir()) == []


@pytest.mark.parametrize("moment", ["writing", "staged", "committed", "deleting"])
def test_a_kill_leaves_every_object_whole_and_no_other_file(tmp_path: Path, moment: str) -> None:
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(_VICTIM),
            str(tmp_path),
            moment,
            url_of(tmp_path / "clary.db"),
        ],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    before = _content_files(tmp_path)

    database = open_database(tmp_path / "clary.db")
    blobs = BlobStore(tmp_path / "blobs", database, small_bytes=0)

    kept = blobs.objects.find("b", "kept")
    assert kept is not None
    assert blobs.local_path(kept).read_bytes() == b"kept"
    new = blobs.objects.find("b", "new")
    assert (new is not None) == (moment == "committed")
    expected = {blobs.local_path(stored) for stored in (kept, new) if stored is not None}
    assert _content_files(tmp_path) == expected
    assert len(before) == 2
    assert len(list((tmp_path / "blobs" / "journal").iterdir())) == 1
    blobs.close()
    database.close()


_VICTIM = """
    import os, signal, sys
    from pathlib import Path
    from clary.store.blobs import BlobStore
    from clary.store.buckets import Bucket
    from clary.store.database import Database

    root, moment = Path(sys.argv[1]), sys.argv[2]
    blobs = BlobStore(root / "blobs", Database(sys.argv[3]), small_bytes=0)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))

    def staged(content):
        writer = blobs.stage()
        writer.write(content)
        return writer.finish()

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    blobs.objects.put("b", "kept", staged(b"kept"), attributes={}, modified_at=0.0)
    if moment == "writing":
        blobs.stage().write(b"half")
        die()
    new = staged(b"new")
    if moment == "staged":
        die()
    if moment == "committed":
        new.sink.kept = die
    blobs.objects.put("b", "new", new, attributes={}, modified_at=0.0)
    blobs._files._before_unlink = die
    blobs.objects.delete("b", ["new"])
    blobs.drain()
"""


def _put(blobs: BlobStore, key: str, content: bytes) -> StoredObject:
    writer = blobs.stage()
    writer.write(content)
    return blobs.objects.put("b", key, writer.finish(), attributes={}, modified_at=0.0)


def _content_files(tmp_path: Path) -> set[Path]:
    root = tmp_path / "blobs"
    return {path for path in root.rglob("*") if path.is_file() and path.parent.name != "journal"}
