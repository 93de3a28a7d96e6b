"""Content in rows: of objects that are small."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from tests.store.databases import open_database, sqlite_only, url_of

from clary.store.blobs import BlobStore
from clary.store.buckets import ENABLED, Bucket, BucketMissing
from clary.store.content_rows import SMALL_BYTES
from clary.store.database import Database
from clary.store.schema import contents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clary.store.objects import StoredObject
    from clary.store.staging import StagedBlob


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "clary.db")
    yield database
    database.close()


@pytest.fixture
def blobs(tmp_path: Path, database: Database) -> Iterator[BlobStore]:
    blobs = BlobStore(tmp_path / "blobs", database)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    yield blobs
    blobs.close()


@pytest.mark.parametrize("size", [0, 1, SMALL_BYTES])
def test_a_small_object_has_no_file(blobs: BlobStore, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)

    _put(blobs, "k", content)

    assert _read(blobs, "k") == content
    assert _files(tmp_path) == set()


@pytest.mark.parametrize("pieces", [[SMALL_BYTES + 1], [SMALL_BYTES, 1], [1, SMALL_BYTES, 5]])
def test_a_larger_object_has_one(
    blobs: BlobStore, database: Database, tmp_path: Path, pieces: list[int]
) -> None:
    parts = [os.urandom(size) for size in pieces]
    writer = blobs.stage()
    for part in parts:
        writer.write(part)

    stored = blobs.objects.put("b", "k", writer.finish(), attributes={}, modified_at=0.0)

    assert _read(blobs, "k") == b"".join(parts)
    assert _files(tmp_path) == {blobs.local_path(stored)}
    assert _rows(database) == []


def test_a_replaced_or_deleted_object_leaves_no_row(blobs: BlobStore, database: Database) -> None:
    _put(blobs, "k", b"old")
    _put(blobs, "k", b"new")
    assert _rows(database) == [b"new"]

    _put(blobs, "k", bytes(SMALL_BYTES + 1))
    assert _rows(database) == []

    _put(blobs, "k", b"small again")
    blobs.objects.delete("b", ["k"])
    assert _rows(database) == []


def test_an_open_object_is_readable_after_its_deletion(blobs: BlobStore) -> None:
    _put(blobs, "k", b"content")
    opened = blobs.objects.open("b", "k")
    assert opened is not None

    blobs.objects.delete("b", ["k"])

    assert opened.read(100, 3) == b"tent"
    assert opened.read(2, 0) == b"co"
    opened.close()
    assert not opened.is_open


def test_what_was_found_before_another_object_came_names_nothing(blobs: BlobStore) -> None:
    found = _put(blobs, "k", b"old")
    blobs.objects.delete("b", ["k"])
    _put(blobs, "k", b"new")

    assert blobs.local_path(found) is None
    with pytest.raises(FileNotFoundError):
        blobs.objects.put_same_content(found, "b", "copy", attributes={}, modified_at=1.0)


def test_a_copy_does_not_share_its_fate(blobs: BlobStore, database: Database) -> None:
    source = _put(blobs, "k", b"content")
    blobs.objects.put_same_content(source, "b", "copy", attributes={}, modified_at=1.0)

    blobs.objects.delete("b", ["k"])

    assert _read(blobs, "copy") == b"content"
    assert _rows(database) == [b"content"]


def test_each_version_has_its_row_until_it_is_deleted(blobs: BlobStore, database: Database) -> None:
    blobs.buckets.set_versioning("b", ENABLED)
    first, second = _put(blobs, "k", b"1"), _put(blobs, "k", b"2")
    assert _rows(database) == [b"1", b"2"]

    blobs.objects.delete("b", [("k", second.version)])

    assert _rows(database) == [b"1"]
    assert _read(blobs, "k") == b"1"
    blobs.objects.delete("b", [("k", first.version)])
    assert _rows(database) == []


def test_a_refused_write_leaves_no_row(blobs: BlobStore, database: Database) -> None:
    _put(blobs, "k", b"old")

    def refuse(current: StoredObject | None) -> None:
        raise PermissionError("no")

    with pytest.raises(PermissionError):
        blobs.objects.put("b", "k", _staged(blobs, b"new"), attributes={}, modified_at=0.0, guard=refuse)
    with pytest.raises(BucketMissing):
        blobs.objects.put("nowhere", "k", _staged(blobs, b"new"), attributes={}, modified_at=0.0)

    assert _rows(database) == [b"old"]


def test_its_path_is_a_read_only_file_that_goes_with_it(blobs: BlobStore, tmp_path: Path) -> None:
    stored = _put(blobs, "k", b"content")

    path = blobs.local_path(stored)

    assert path is not None
    assert path.read_bytes() == b"content"
    assert path.stat().st_mode & 0o222 == 0
    assert blobs.local_path(stored) == path
    os.link(path, tmp_path / "staged")
    blobs.objects.delete("b", ["k"])
    assert _files(tmp_path) == set()
    assert (tmp_path / "staged").read_bytes() == b"content"


def test_without_room_for_a_copy_there_is_no_path(blobs: BlobStore, tmp_path: Path) -> None:
    stored = _put(blobs, "k", b"content")
    (tmp_path / "blobs" / "copies").write_text("a file where the folder should be")

    assert blobs.local_path(stored) is None
    assert _read(blobs, "k") == b"content"


def test_copies_of_an_earlier_process_are_not_trusted(
    blobs: BlobStore, database: Database, tmp_path: Path
) -> None:
    stored = _put(blobs, "k", b"content")
    torn = blobs.local_path(stored)
    assert torn is not None
    torn.chmod(0o644)
    torn.write_bytes(b"con")

    again = BlobStore(tmp_path / "blobs", database)

    path = again.local_path(stored)
    assert path is not None
    assert path.read_bytes() == b"content"
    again.close()


@pytest.mark.parametrize("moment", ["staged", "written", "stored"])
def test_a_kill_leaves_all_of_an_acknowledged_object_and_nothing_of_others(
    tmp_path: Path, moment: str
) -> None:
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

    database = open_database(tmp_path / "clary.db")
    blobs = BlobStore(tmp_path / "blobs", database)

    acknowledged = {"kept": b"kept", **({"new": b"new"} if moment == "stored" else {})}
    assert {row.key: _read(blobs, row.key) for row in blobs.objects.page("b", limit=9).rows} == acknowledged
    assert _rows(database) == list(acknowledged.values())
    blobs.close()
    database.close()


@pytest.mark.parametrize("size", [7, SMALL_BYTES + 1])
@sqlite_only
def test_an_acknowledged_object_was_on_the_disk(
    blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    content, really = os.urandom(size), os.fdatasync

    def sync_and_copy(fd: int) -> None:
        # After a power cut, at least what was synced is there.
        really(fd)
        shutil.rmtree(tmp_path / "disk", ignore_errors=True)
        (tmp_path / "disk").mkdir()
        shutil.copytree(tmp_path / "blobs", tmp_path / "disk" / "blobs")
        for name in ("clary.db", "clary.db-wal"):
            shutil.copy(tmp_path / name, tmp_path / "disk" / name)

    monkeypatch.setattr(os, "fdatasync", sync_and_copy)
    _put(blobs, "k", content)
    monkeypatch.undo()

    database = open_database(tmp_path / "disk" / "clary.db")
    afterwards = BlobStore(tmp_path / "disk" / "blobs", database)
    assert _read(afterwards, "k") == content
    afterwards.close()
    database.close()


_VICTIM = """
    import os, signal, sys
    from pathlib import Path
    from clary.store.blobs import BlobStore
    from clary.store.buckets import Bucket
    from clary.store.database import Database

    root, moment = Path(sys.argv[1]), sys.argv[2]
    blobs = BlobStore(root / "blobs", Database(sys.argv[3]))
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))

    def staged(content):
        writer = blobs.stage()
        writer.write(content)
        return writer.finish()

    def die(_=None):
        os.kill(os.getpid(), signal.SIGKILL)

    blobs.objects.put("b", "kept", staged(b"kept"), attributes={}, modified_at=0.0)
    new = staged(b"new")
    if moment == "staged":
        die()
    guard = die if moment == "written" else None
    blobs.objects.put("b", "new", new, attributes={}, modified_at=0.0, guard=guard)
    die()
"""


def _staged(blobs: BlobStore, content: bytes) -> StagedBlob:
    writer = blobs.stage()
    writer.write(content)
    return writer.finish()


def _put(blobs: BlobStore, key: str, content: bytes) -> StoredObject:
    return blobs.objects.put("b", key, _staged(blobs, content), attributes={}, modified_at=0.0)


def _read(blobs: BlobStore, key: str) -> bytes:
    opened = blobs.objects.open("b", key)
    assert opened is not None
    content = opened.read(opened.object.size + 1, 0)
    opened.close()
    return content


def _rows(database: Database) -> list[bytes]:
    with database.read() as connection:
        return list(connection.execute(sa.select(contents.c.content).order_by(contents.c.id)).scalars())


def _files(tmp_path: Path) -> set[Path]:
    root = tmp_path / "blobs"
    return {path for path in root.rglob("*") if path.is_file() and path.parent.name != "journal"}
