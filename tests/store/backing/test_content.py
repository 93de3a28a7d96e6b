from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path

import pytest
from tests.backing import BackingS3
from tests.store.backing.reading import complete, content_of, part, put
from tests.store.databases import open_database, sqlite_only, url_of

from clary.store.backing import sinks
from clary.store.backing.doubts import LEASE_S, REST_S, Doubts
from clary.store.backing.failures import BackingUnavailable, ContentLost
from clary.store.blob_names import backing_name
from clary.store.blobs import BlobStore
from clary.store.buckets import BucketMissing
from clary.store.database import Database
from clary.store.objects import StoredObject


def test_content_lies_in_the_s3_and_in_no_file(blobs: BlobStore, s3: BackingS3, tmp_path: Path) -> None:
    stored = put(blobs, "a//../b", b"content")

    assert content_of(blobs, "a//../b") == b"content"
    assert s3.objects() == {backing_name(stored.blob)}
    assert blobs.local_path(stored) is None
    assert [
        path for path in (tmp_path / "blobs").rglob("*") if path.is_file() and path.suffix != ".log"
    ] == []


@sqlite_only
def test_large_content_is_sent_in_pieces_and_read_in_ranges(
    blobs: BlobStore, s3: BackingS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "PIECE_BYTES", 1000)
    content = os.urandom(4321)
    writer = blobs.stage(["SHA256"])
    for start in range(0, len(content), 333):
        writer.write(content[start : start + 333])

    staged = writer.finish()
    blobs.objects.put("b", "k", staged, attributes={}, modified_at=0.0)

    assert content_of(blobs, "k", piece_bytes=700) == content
    assert s3.uploads() == 0
    opened = blobs.objects.open("b", "k")
    assert opened is not None
    opened.expect(1500, 10)
    assert opened.read(4, 1500) + opened.read(100, 1504) == content[1500:1510]
    assert opened.read(5, 100) == content[100:105]  # out of order
    assert opened.read(5, 4321) == b""
    assert os.pread(opened.file(), 5000, 0) == content
    opened.close()


def test_what_is_replaced_or_deleted_goes(blobs: BlobStore, s3: BackingS3) -> None:
    put(blobs, "k", b"old")
    kept = put(blobs, "k", b"new")
    put(blobs, "gone", b"gone")
    blobs.objects.delete("b", ["gone"])

    blobs.drain()

    assert s3.objects() == {backing_name(kept.blob)}
    assert content_of(blobs, "k") == b"new"


def test_an_open_object_is_readable_until_it_is_closed(blobs: BlobStore, s3: BackingS3) -> None:
    put(blobs, "k", b"content")
    opened = blobs.objects.open("b", "k")
    assert opened is not None
    blobs.objects.delete("b", ["k"])

    blobs.drain()
    assert opened.read(3, 0) == b"con"
    opened.close()
    blobs.drain()

    assert s3.objects() == set()


def test_removed_content_rests_a_minute_for_those_who_read_it(database: Database) -> None:
    at = 1000.0
    doubts = Doubts(database, lambda: at)
    with database.write() as connection:
        doubts.doom(connection, "@removed")

    at += REST_S - 1
    assert doubts.due(10) == []
    at += 1
    assert [doubt.blob for doubt in doubts.due(10)] == ["@removed"]


def test_a_copy_has_content_of_its_own(blobs: BlobStore, s3: BackingS3) -> None:
    source = put(blobs, "k", b"content")
    copy = blobs.objects.put_same_content(source, "b", "copy", attributes={}, modified_at=0.0)
    blobs.objects.delete("b", ["k"])
    blobs.drain()

    assert content_of(blobs, "copy") == b"content"
    assert s3.objects() == {backing_name(copy.blob)}


def test_a_write_that_is_refused_leaves_nothing(
    blobs: BlobStore, s3: BackingS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "PIECE_BYTES", 4)
    kept = put(blobs, "k", b"old")

    def refuse(current: StoredObject | None) -> None:
        raise PermissionError

    writer = blobs.stage()
    writer.write(b"content")
    with pytest.raises(BucketMissing):
        blobs.objects.put("nowhere", "k", writer.finish(), attributes={}, modified_at=0.0)
    writer = blobs.stage()
    writer.write(b"content")
    with pytest.raises(PermissionError):
        blobs.objects.put("b", "k", writer.finish(), attributes={}, modified_at=0.0, guard=refuse)
    writer = blobs.stage()
    writer.write(b"given up in the middle")
    writer.discard()
    blobs.drain()

    assert s3.objects() == {backing_name(kept.blob)}
    assert s3.uploads() == 0


def test_anybody_reads_content_by_its_url(blobs: BlobStore) -> None:
    url = blobs.objects.url(put(blobs, "k", b"content"))

    with urllib.request.urlopen(urllib.request.Request(url, headers={"Range": "bytes=1-3"})) as answer:
        assert (answer.status, answer.read()) == (206, b"ont")


def test_files_of_before_stay_readable(
    tmp_path: Path, database: Database, blobs: BlobStore, s3: BackingS3
) -> None:
    before = BlobStore(tmp_path / "blobs", database, small_bytes=0)
    in_file = put(before, "k", b"in a file")
    before.close()

    assert content_of(blobs, "k") == b"in a file"
    blobs.objects.put_same_content(in_file, "b", "copy", attributes={}, modified_at=0.0)
    put(blobs, "k", b"behind")
    assert content_of(blobs, "copy") == b"in a file"
    assert content_of(blobs, "k") == b"behind"
    blobs.drain()
    assert len(s3.objects()) == 1


def test_servers_of_one_database_share_no_folder(
    tmp_path: Path, database: Database, blobs: BlobStore, s3: BackingS3
) -> None:
    content = s3.content(database, tmp_path / "other/backing")
    other = BlobStore(tmp_path / "other", database, small_bytes=0, backing=content)
    put(blobs, "one", b"of one")
    put(other, "two", b"of the other")
    upload = blobs.uploads.create("b", "parts", attributes={}, started_at=0.0)
    part(blobs, upload, 1, b"here ")
    part(other, upload, 2, b"and there")
    complete(other, upload, [1, 2])

    assert content_of(other, "one") == b"of one"
    assert content_of(blobs, "two") == b"of the other"
    assert content_of(blobs, "parts") == b"here and there"
    other.objects.delete("b", ["one", "two", "parts"])
    blobs.drain()
    assert s3.objects() == set()
    other.close()


def test_content_that_somebody_removed_is_said_to_be_lost(blobs: BlobStore, s3: BackingS3) -> None:
    put(blobs, "k", b"content")
    s3.served.platform.blobs.objects.delete(
        s3.address.bucket,
        [row.key for row in s3.served.platform.blobs.objects.page(s3.address.bucket, limit=9).rows],
    )

    with pytest.raises(ContentLost):
        content_of(blobs, "k")


def test_a_writer_that_was_too_slow_stores_nothing(
    tmp_path: Path, database: Database, s3: BackingS3, blobs: BlobStore
) -> None:
    writer = blobs.stage()
    writer.write(b"content")
    staged = writer.finish()
    # Another server looks after this one's lease, which it did not renew.
    late = s3.content(database, tmp_path / "late", now=lambda: time.time() + 2 * LEASE_S)
    late.drain()
    late.close()

    with pytest.raises(BackingUnavailable, match="not written in time"):
        blobs.objects.put("b", "k", staged, attributes={}, modified_at=0.0)

    assert blobs.objects.find("b", "k") is None
    assert s3.objects() == set()


@sqlite_only
@pytest.mark.kill
@pytest.mark.parametrize(
    ("moment", "left"), [("writing", {"kept"}), ("staged", {"kept"}), ("committed", {"kept", "new"})]
)
def test_a_kill_leaves_every_object_whole_and_nothing_else(
    tmp_path: Path, s3: BackingS3, moment: str, left: set[str]
) -> None:
    keys = s3.address.keys
    assert keys is not None
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(_VICTIM),
            str(tmp_path),
            moment,
            url_of(tmp_path / "x.db"),
            s3.url,
            *keys,
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    database = open_database(tmp_path / "x.db")
    content = s3.content(database, tmp_path / "other", now=lambda: time.time() + 2 * LEASE_S)
    blobs = BlobStore(tmp_path / "other", database, small_bytes=0, backing=content)
    blobs.drain()

    assert {key: content_of(blobs, key) for key in left} == {key: key.encode() * 10 for key in left}
    assert len(s3.objects()) == len(left)
    assert s3.uploads() == 0
    blobs.close()


_VICTIM = """
    import os, signal, sys
    from pathlib import Path
    from clary.store.backing import sinks
    from clary.store.backing.address import parse_address
    from clary.store.backing.bucket import BackingBucket
    from clary.store.backing.content import BackingContent
    from clary.store.blobs import BlobStore
    from clary.store.buckets import Bucket
    from clary.store.database import Database

    root, moment, database = Path(sys.argv[1]), sys.argv[2], Database(sys.argv[3])
    bucket = BackingBucket(parse_address(sys.argv[4], keys=(sys.argv[5], sys.argv[6])))
    backing = BackingContent(bucket, database, root / "backing")
    blobs = BlobStore(root / "blobs", database, small_bytes=0, backing=backing)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    sinks.PIECE_BYTES = 16

    def staged(content):
        writer = blobs.stage()
        writer.write(content)
        return writer.finish()

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    blobs.objects.put("b", "kept", staged(b"kept" * 10), attributes={}, modified_at=0.0)
    if moment == "writing":
        writer = blobs.stage()
        writer.write(b"half" * 10)
        writer._sink._wait(0)
        die()
    new = staged(b"new" * 10)
    if moment == "staged":
        die()
    blobs.objects.put("b", "new", new, attributes={}, modified_at=0.0)
    die()
"""


def test_the_end_of_a_server_leaves_no_reserved_names(
    tmp_path: Path, database: Database, s3: BackingS3
) -> None:
    content = s3.content(database, tmp_path / "short")
    content.new_name()
    content.close()

    late = Doubts(database, lambda: time.time() + 2 * LEASE_S)
    assert len(late.due(100)) == 1
