"""An installation moves from SQLite to PostgreSQL and back with everything that it has."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.backing import BackingS3, backing_s3
from tests.postgres import PostgresServer

from clary.server.archive import ArchiveRefused, read_archive, write_archive
from clary.server.settings import Settings
from clary.server.state import StateFolder
from clary.store.attribute_index import Query
from clary.store.backing.bucket import BackingBucket
from clary.store.backing.content import BackingContent
from clary.store.backing.place import take_place
from clary.store.blobs import BlobStore
from clary.store.buckets import ENABLED, Bucket
from clary.store.database import Database
from clary.store.links import LinkKind, Links
from clary.store.logs import LogStore
from clary.store.metrics import MetricStore
from clary.store.records import Records
from clary.store.tags import Tags
from clary.store.transfer import CHUNK_ROWS, rows_of

LARGE = b"large" * 50_000
COMPONENT = "experiment-trial-component"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer.or_skip()
    yield server
    server.close()


@dataclass
class Installation:
    state: StateFolder
    database: Database

    @classmethod
    def at(cls, home: Path, url: str = "") -> Installation:
        state = StateFolder(home)
        state.prepare()
        return cls(state, Database(url) if url else Database.at(state.database))

    def export(self, s3: BackingS3 | None = None) -> bytes:
        file = io.BytesIO()
        with self._behind(s3) as backing:
            write_archive(file, Settings(), self.state, self.database, said, backing)
        return file.getvalue()

    def fill(
        self, archive: bytes, settings: Settings | None = None, s3: BackingS3 | None = None
    ) -> dict[str, int]:
        with self._behind(s3) as backing:
            return read_archive(
                io.BytesIO(archive), settings or Settings(), self.state, self.database, said, backing
            )

    @contextmanager
    def _behind(self, s3: BackingS3 | None) -> Iterator[BackingContent | None]:
        if s3 is None:
            yield None
            return
        take_place(BackingBucket(s3.address), self.database)
        backing = s3.content(self.database, self.state.blobs / "backing")
        yield backing
        backing.close()

    def rows(self) -> dict[str, list[list[Any]]]:
        found: dict[str, list[list[Any]]] = {}
        for table, rows in rows_of(self.database):
            found.setdefault(table, []).extend(rows)
        return found

    def files(self) -> set[str]:
        return {path.name for path in self.state.blobs.rglob("*") if path.is_file()}


def behind(installation: Installation, s3: BackingS3) -> BlobStore:
    """A store with one large object in an S3."""
    take_place(BackingBucket(s3.address), installation.database)
    content = s3.content(installation.database, installation.state.blobs / "backing")
    blobs = BlobStore(installation.state.blobs, installation.database, backing=content)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    put(blobs, "large", LARGE)
    return blobs


def said(_: str) -> None:
    pass


def put(blobs: BlobStore, key: str, content: bytes) -> None:
    writer = blobs.stage()
    writer.write(content)
    blobs.objects.put("b", key, writer.finish(), attributes={"n": 1}, modified_at=1.0)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Something in every table."""
    made = Installation.at(tmp_path / "first")
    database = made.database
    records, links = Records(database, lambda: 100.0), Links(database, lambda: 100.0)
    for number in range(CHUNK_ROWS + 10):
        records.insert("thing", f"thing-{number}", {"Number": number})
    records.insert(COMPONENT, "c", {"Parameters": {"lr": {"NumberValue": 0.1}}}, arn="arn:c")
    Tags(database).put("arn:c", {"team": "blue"})
    links.add(LinkKind.COMPONENT, "t", "c", attributes={"a": 1})
    logs, metrics = LogStore(database), MetricStore(database)
    logs.create_group("g", 1.0, attributes={"retentionInDays": 3})
    logs.create_stream("g", "s", 1.0)
    logs.append("g", "s", [(1, "first"), (2, "zweite ü \U0001f600")], 1.0)
    metrics.append(
        "arn:c", [("loss", 1.0, step, value) for step, value in enumerate([0.5, float("nan"), 1e300])]
    )
    metrics.append("arn:c", [("loss", 2.0, step, 0.1) for step in range(600)], sequence=("host", 0))
    metrics.append("arn:d", [("waits", 2.0, 1, 0.1)])
    blobs = BlobStore(made.state.blobs, database)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {"t": "v"}))
    put(blobs, "small", b"small")
    put(blobs, "large", LARGE)
    blobs.buckets.set_versioning("b", ENABLED)
    put(blobs, "large", LARGE + b"2")
    blobs.close()
    yield made
    database.close()


def test_everything_arrives_in_postgresql_and_comes_back(
    installation: Installation, postgres: PostgresServer, tmp_path: Path
) -> None:
    first = installation.rows()
    team = Installation.at(tmp_path / "team", postgres.empty())
    again = Installation.at(tmp_path / "again")

    counts = team.fill(installation.export())
    again.fill(team.export())

    assert counts == {**{table: len(rows) for table, rows in first.items()}, "blobs": 2}
    assert team.rows() == first
    assert again.rows() == first
    assert len(first) >= 13
    for moved in (team, again):
        assert (moved.state.home / "token.key").read_bytes() == installation.state.token_key()
        assert moved.state.root_credentials() == installation.state.root_credentials()
        assert (moved.state.home / "credentials.json").stat().st_mode & 0o777 == 0o600
        blobs = BlobStore(moved.state.blobs, moved.database)
        opened = blobs.objects.open("b", "large")
        assert opened is not None
        assert opened.read(len(LARGE) + 2, 0) == LARGE + b"2"
        opened.close()
        put(blobs, "new", b"new")
        blobs.close()
        records = Records(moved.database, lambda: 200.0)
        records.insert(COMPONENT, "d", {})
        found = records.search(Query(COMPONENT, None, "Metrics.loss.Last", False), limit=5)
        assert [each.name for each in found.records] == ["c", "d"]
        moved.database.close()


def test_only_an_empty_database_is_filled(installation: Installation, tmp_path: Path) -> None:
    archive = installation.export()
    other = Installation.at(tmp_path / "other")
    Records(other.database, lambda: 1.0).insert("thing", "mine", {})

    with pytest.raises(ArchiveRefused, match="not empty: there are records"):
        other.fill(archive)

    assert list(other.rows()) == ["records"]
    assert not other.files()
    other.database.close()


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 0.95])
def test_an_archive_that_is_cut_leaves_nothing(
    installation: Installation, tmp_path: Path, part: float
) -> None:
    archive = installation.export()
    other = Installation.at(tmp_path / "other")

    with pytest.raises(ArchiveRefused, match="not a whole archive"):
        other.fill(archive[: int(len(archive) * part)])

    assert other.rows() == {}
    assert not other.files()
    assert not (other.state.home / "token.key").exists()
    other.fill(archive)
    assert other.rows() == installation.rows()
    other.database.close()


def test_an_archive_of_another_account_or_with_other_names_is_refused(
    installation: Installation, tmp_path: Path
) -> None:
    archive = installation.export()
    other = Installation.at(tmp_path / "other")
    with pytest.raises(ArchiveRefused, match="CLARY_ACCOUNT=111122223333"):
        other.fill(archive, Settings(account="999999999999"))
    for name in ("../escaped", "blobs/../../escaped", "keys/../escaped", "tables/records/x"):
        with pytest.raises(ArchiveRefused, match="does not belong"):
            other.fill(with_member(archive, name))
    for table in ("nothing", "alembic_version"):
        with pytest.raises(ArchiveRefused, match="not a whole archive"):
            other.fill(with_member(archive, f"tables/{table}/1"))

    assert not (tmp_path / "escaped").exists()
    assert other.rows() == {}
    other.database.close()


def test_keys_of_another_installation_are_not_replaced(installation: Installation, tmp_path: Path) -> None:
    other = Installation.at(tmp_path / "other")
    kept = other.state.root_credentials()

    with pytest.raises(ArchiveRefused, match="other keys"):
        other.fill(installation.export())

    assert other.state.root_credentials() == kept
    other.database.close()


def with_member(archive: bytes, name: str) -> bytes:
    """The archive with one member more, after its manifest."""
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as old, tarfile.open(fileobj=made, mode="w") as new:
        manifest = old.next()
        assert manifest is not None
        new.addfile(manifest, old.extractfile(manifest))
        member = tarfile.TarInfo(name)
        member.size = 1
        new.addfile(member, io.BytesIO(b"\x80"))
    return made.getvalue()


@pytest.mark.parametrize("home", ["another", "same"])
def test_content_moves_from_one_s3_to_another_and_stays_where_only_the_database_changes(
    tmp_path: Path, home: str
) -> None:
    with backing_s3(tmp_path / "s3") as s3:
        first = Installation.at(tmp_path / "first")
        blobs = behind(first, s3)
        names = s3.objects()
        assert len(names) == 1
        put(blobs, "small", b"small")
        blobs.uploads.create("b", "unfinished", attributes={}, started_at=1.0)
        blobs.close()
        archive = first.export(s3)
        first.database.close()

        if home == "same":
            (first.state.home / "clary.db").unlink()
        other = Installation.at(first.state.home if home == "same" else tmp_path / "other")
        other.fill(archive, s3=s3)
        blobs = BlobStore(
            other.state.blobs, other.database, backing=s3.content(other.database, tmp_path / "x")
        )
        blobs.drain()

        opened = blobs.objects.open("b", "large")
        assert opened is not None
        assert opened.read(len(LARGE), 0) == LARGE
        opened.close()
        assert (s3.objects() == names) is (home == "same")
        assert len(s3.objects()) == (1 if home == "same" else 2)
        assert len(blobs.uploads.of_bucket("b")) == (1 if home == "same" else 0)
        blobs.close()
        other.database.close()


def test_content_of_files_moves_to_an_s3_and_back(installation: Installation, tmp_path: Path) -> None:
    with backing_s3(tmp_path / "s3") as s3:
        there = Installation.at(tmp_path / "there")
        there.fill(installation.export(), s3=s3)
        assert there.files() <= {"there"}
        assert len(s3.objects()) == 2
        archive = there.export(s3)
        with pytest.raises(ArchiveRefused, match="not a whole archive"):
            Installation.at(tmp_path / "cut").fill(archive[: len(archive) // 2], s3=s3)
        back = Installation.at(tmp_path / "back")
        back.fill(archive)

    blobs = BlobStore(back.state.blobs, back.database)
    opened = blobs.objects.open("b", "large")
    assert opened is not None
    assert opened.read(len(LARGE) + 2, 0) == LARGE + b"2"
    opened.close()
    blobs.close()
    for each in (there, back):
        each.database.close()
