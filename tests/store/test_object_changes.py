"""Versions of objects, held against a model that keeps every key's versions in a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.databases import open_database, sqlite_only

from clary.store import version_rows
from clary.store.blobs import BlobStore
from clary.store.buckets import ENABLED, SUSPENDED, Bucket, BucketHasObjects
from clary.store.database import Database
from clary.store.schema import contents as table_of_contents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clary.store.objects import StoredObject

KEYS = ("a", "a/b", "a/c", "b")
SMALL_BYTES = 4


@dataclass
class World:
    """A real store, and what should be in it: (version, content), the newest last; a marker has None."""

    blobs: BlobStore
    state: str = ""
    keys: dict[str, list[tuple[str, bytes | None]]] = field(default_factory=lambda: {k: [] for k in KEYS})
    count: int = 0

    def put(self, key: str) -> None:
        self.count += 1
        # One is kept in a file, the next in a row.
        content = str(self.count).encode() * (2 * SMALL_BYTES if self.count % 2 else 1)
        stored = put(self.blobs, key, content)
        self._add(key, stored.version or "null", content)

    def delete(self, key: str) -> None:
        deletion = self.blobs.objects.delete("b", [key], at=1.0)[0]
        if self.state:
            assert deletion.marker
            self._add(key, deletion.version, None)
        else:
            self.keys[key] = []

    def delete_version(self, key: str, index: int) -> None:
        versions = self.keys[key]
        if versions:
            version, content = versions.pop(index % len(versions))
            deletion = self.blobs.objects.delete("b", [(key, version)])[0]
            assert (deletion.version, deletion.marker) == (version, content is None)

    def switch(self, state: str) -> None:
        self.state = state
        self.blobs.buckets.set_versioning("b", state)

    def check(self, limit: int, delimiter: str) -> None:
        for key, versions in self.keys.items():
            current = self.blobs.objects.find("b", key)
            assert (None if current is None else self._read(current)) == (
                versions[-1][1] if versions else None
            )
            for version, content in versions:
                found = self.blobs.objects.find("b", key, version)
                assert found is not None
                assert (None if found.is_marker else self._read(found)) == content
        assert self._listed(limit, delimiter) == self._expected(delimiter)
        self.blobs.drain()
        contents = [content for versions in self.keys.values() for _, content in versions if content]
        root = self.blobs._files.path("00" + "0" * 30).parent.parent
        files = [path for path in root.glob("??/*") if path.is_file()]
        with self.blobs._database.read() as connection:
            rows = connection.execute(sa.select(table_of_contents.c.content)).scalars().all()
        assert len(files) == len([content for content in contents if len(content) > SMALL_BYTES])
        assert sorted(rows) == sorted(content for content in contents if len(content) <= SMALL_BYTES)

    def _add(self, key: str, version: str, content: bytes | None) -> None:
        self.keys[key] = [pair for pair in self.keys[key] if pair[0] != version]
        self.keys[key].append((version, content))

    def _read(self, stored: StoredObject) -> bytes:
        opened = self.blobs.objects.open("b", stored.key, stored.version or None)
        assert opened is not None
        content = opened.read(stored.size + 1, 0)
        opened.close()
        return content

    def _expected(self, delimiter: str) -> list[tuple[str, str, bool]]:
        listed: list[tuple[str, str, bool]] = []
        for key in sorted(KEYS):
            folder = key[: key.find(delimiter) + 1] if delimiter and delimiter in key else ""
            for index, (version, _) in enumerate(reversed(self.keys[key])):
                entry = (folder, "", False) if folder else (key, version, index == 0)
                if entry not in listed or not folder:
                    listed.append(entry)
        return sorted(listed, key=lambda entry: entry[0])

    def _listed(self, limit: int, delimiter: str) -> list[tuple[str, str, bool]]:
        listed: list[tuple[str, str, bool]] = []
        key, version = "", ""
        while True:
            page = self.blobs.objects.page_of_versions(
                "b", delimiter=delimiter, key_marker=key, version_marker=version, limit=limit
            )
            assert page.count <= limit
            listed += [(row.key, row.stored.version, latest) for row, latest in page.entries]
            listed += [(folder, "", False) for folder in page.common_prefixes]
            if not page.truncated:
                return sorted(listed, key=lambda entry: entry[0])
            key, version = page.last_key, page.last_version


def put(blobs: BlobStore, key: str, content: bytes) -> StoredObject:
    writer = blobs.stage()
    writer.write(content)
    return blobs.objects.put("b", key, writer.finish(), attributes={}, modified_at=0.0)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Database]:
    database = open_database(tmp_path_factory.mktemp("versions") / "clary.db")
    yield database
    database.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, database: Database) -> Iterator[BlobStore]:
    blobs = BlobStore(tmp_path_factory.mktemp("blobs"), database, small_bytes=SMALL_BYTES)
    yield blobs
    blobs.close()


def empty_bucket(blobs: BlobStore) -> BlobStore:
    if blobs.buckets.exists("b"):
        while page := blobs.objects.page_of_versions("b", limit=1000).entries:
            blobs.objects.delete("b", [(row.key, row.stored.version) for row, _ in page])
        blobs.buckets.delete("b")
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    return blobs


steps = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(KEYS)),
    st.tuples(st.just("delete"), st.sampled_from(KEYS)),
    st.tuples(st.just("delete_version"), st.sampled_from(KEYS), st.integers(0, 5)),
    st.tuples(st.just("switch"), st.sampled_from((ENABLED, SUSPENDED))),
)


@settings(max_examples=60, deadline=None)
@given(script=st.lists(steps, max_size=25), limit=st.integers(1, 4), delimiter=st.sampled_from(["", "/"]))
def test_any_course_of_changes_leaves_what_a_plain_list_of_versions_says(
    store: BlobStore, script: list[tuple[str, ...]], limit: int, delimiter: str
) -> None:
    world = World(empty_bucket(store))

    for name, *arguments in script:
        getattr(world, name)(*arguments)

    world.check(limit, delimiter)


def test_whoever_deletes_page_by_page_meets_every_version(store: BlobStore) -> None:
    world = World(empty_bucket(store))
    world.put("a")
    world.switch(ENABLED)
    for _ in range(5):
        world.put("a")
    world.delete("a")
    world.put("b")

    key, version, met = "", "", 0
    while True:
        page = store.objects.page_of_versions("b", key_marker=key, version_marker=version, limit=2)
        met += len(page.entries)
        store.objects.delete("b", [(row.key, row.stored.version) for row, _ in page.entries])
        if not page.truncated:
            break
        key, version = page.last_key, page.last_version

    assert met == 8
    store.buckets.delete("b")


def test_a_bucket_of_markers_alone_is_not_empty(store: BlobStore) -> None:
    world = World(empty_bucket(store))
    world.switch(ENABLED)
    world.delete("a")

    with pytest.raises(BucketHasObjects):
        store.buckets.delete("b")


@sqlite_only
def test_a_page_of_versions_reads_indexes_and_sorts_nothing(database: Database) -> None:
    place = {"b_bucket": "b", "first": b"", "rank": 0, "first_current": b"", "count": 10, "end": b"z"}
    with database.read() as connection:
        statement, names = version_rows._RANGE._for(connection.dialect)
        values = tuple(place[name] for name in names or ())
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]

    searches = [line for line in plan if line.startswith(("SEARCH", "SCAN"))]
    assert len(searches) == 2
    assert all("SEARCH" in line and "bucket=? AND" in line for line in searches)
    assert not any("TEMP B-TREE" in line for line in plan)


def test_versions_survive_a_new_opening(tmp_path: Path) -> None:
    database = open_database(tmp_path / "clary.db")
    blobs = BlobStore(tmp_path / "blobs", database, small_bytes=SMALL_BYTES)
    world = World(empty_bucket(blobs))
    world.put("a")
    world.switch(ENABLED)
    world.put("a")
    blobs._files.journal.doubt(*[path.parent.name + path.name for path in (tmp_path / "blobs").glob("??/*")])
    blobs._files.journal.close()

    world.blobs = BlobStore(tmp_path / "blobs", database, small_bytes=SMALL_BYTES)

    world.check(10, "")
    world.blobs.close()
    database.close()
