"""A store whose large content lies in another S3; all content is large here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backing import BackingS3, backing_server, parts_of_any_size
from tests.store.databases import open_database

from clary.store.blobs import BlobStore
from clary.store.buckets import Bucket
from clary.store.database import Database


@pytest.fixture(scope="session")
def shared_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackingS3]:
    with backing_server(tmp_path_factory.mktemp("backing")) as s3:
        yield s3


@pytest.fixture
def s3(shared_s3: BackingS3) -> Iterator[BackingS3]:
    """An empty bucket."""
    shared_s3.fresh()
    with parts_of_any_size():
        yield shared_s3


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "clary.db")
    yield database
    database.close()


@pytest.fixture
def blobs(tmp_path: Path, database: Database, s3: BackingS3) -> Iterator[BlobStore]:
    content = s3.content(database, tmp_path / "blobs/backing")
    blobs = BlobStore(tmp_path / "blobs", database, small_bytes=0, backing=content)
    blobs.buckets.create(Bucket("b", "us-east-1", "me", 0.0, {}))
    yield blobs
    blobs.close()
