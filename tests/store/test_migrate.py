from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from tests.postgres import PostgresServer

import clary.store.migrate as migrate
from clary.store.blobs import BlobStore
from clary.store.buckets import ENABLED
from clary.store.database import Database
from clary.store.drivers import open_driver
from clary.store.metrics import MetricStore
from clary.store.schema import metadata


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_lead_to_the_schema_in_postgresql(postgres: PostgresServer) -> None:
    engine = open_driver(postgres.empty()).engine
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        migrated = texts_of(connection)
    fresh = open_driver(postgres.fresh()).engine
    with fresh.connect() as connection:
        made = texts_of(connection)

    assert migrated == made
    assert {name for name, order in made.items() if order != "C"} == {"alembic_version.version_num"}


def test_servers_that_start_at_once_make_the_tables_once(postgres: PostgresServer) -> None:
    url = postgres.empty()
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(lambda _: Database(url), range(4)))

    with opened[0].read() as connection:
        versions = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    assert versions == [migrate.HEAD]
    for database in opened:
        database.close()


def texts_of(connection: sa.Connection) -> dict[str, str]:
    """Every column of texts to its order."""
    rows = connection.exec_driver_sql(
        "SELECT table_name || '.' || column_name, coalesce(collation_name, '')"
        " FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'character varying'"
    )
    return dict(rows.all())  # type: ignore[arg-type]


@pytest.fixture
def migrated(tmp_path: Path) -> sa.Engine:
    """A database that went through every migration from nothing."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/migrated.db")
    migrate.upgrade(engine)
    return engine


def tables(engine: sa.Engine) -> dict[str, set[str]]:
    """Table to what SQLite itself says of its columns and indexes."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT tbl_name, name, type FROM sqlite_master").all()
        found: dict[str, set[str]] = {}
        for table, name, kind in rows:
            if table == "alembic_version" or name.startswith("sqlite_autoindex"):
                continue
            if kind == "table":
                columns = connection.exec_driver_sql(f"PRAGMA table_info({table})").all()
                found.setdefault(table, set()).update(str(tuple(column)[1:]) for column in columns)
            else:
                found.setdefault(table, set()).add(name)
    return found


# Indexes of expressions can't be compared this way; the next test compares their names.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_lead_to_the_schema(migrated: sa.Engine) -> None:
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_fresh_database_is_what_migrations_make(migrated: sa.Engine, tmp_path: Path) -> None:
    Database.at(tmp_path / "fresh.db").close()

    assert tables(sa.create_engine(f"sqlite:///{tmp_path}/fresh.db")) == tables(migrated)


def test_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))

    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_opening_a_database_of_today_changes_nothing(tmp_path: Path) -> None:
    Database.at(tmp_path / "clary.db").close()
    before = tables(sa.create_engine(f"sqlite:///{tmp_path}/clary.db"))

    Database.at(tmp_path / "clary.db").close()

    assert tables(sa.create_engine(f"sqlite:///{tmp_path}/clary.db")) == before


def test_a_database_of_before_small_batches_waited_takes_them(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/clary.db")
    migrate.upgrade(engine, "0003")
    engine.dispose()

    database = Database.at(tmp_path / "clary.db")
    metrics = MetricStore(database)
    metrics.append("job", [("loss", 1.0, 0, 0.5)])

    assert metrics.series("job", "loss").value.tolist() == [0.5]
    database.close()


def test_series_of_before_hosts_counted_keep_their_values_until_a_host_has_one(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/clary.db")
    migrate.upgrade(engine, "0005")
    with engine.begin() as connection:
        for name in ("loss", "rate"):
            connection.exec_driver_sql(
                "INSERT INTO metric_series (owner, name, count, finite, minimum, maximum, last, last_at,"
                " last_step, mean, m2, packed)"
                f" VALUES ('job', '{name}', 1, 1, 0.5, 0.5, 0.5, 9, 3, 0.5, 0, 0)"
            )
        connection.exec_driver_sql(
            "INSERT INTO metric_inbox (owner, first, count, names, points) VALUES ('job', 0, 1, ?, ?)",
            (b'["loss"]', struct.pack("<dqd", 10.0, 4, 0.25)),
        )
    engine.dispose()

    database = Database.at(tmp_path / "clary.db")
    metrics = MetricStore(database)
    before = [(summary.name, summary.count, summary.last) for summary in metrics.summaries("job")]
    metrics.append("job", [("loss", 8.0, 5, 0.125)], host=2)
    after = [(summary.name, summary.count, summary.last) for summary in metrics.summaries("job")]

    assert before == [("loss", 2, 0.25), ("rate", 1, 0.5)]
    assert after == [("loss", 3, 0.125), ("rate", 1, 0.5)]
    database.close()


def test_objects_of_before_versions_are_there_and_get_versions(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/clary.db")
    migrate.upgrade(engine, "0004")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO buckets VALUES ('b', 'us-east-1', 'me', 0, '{}')")
        connection.exec_driver_sql("INSERT INTO objects VALUES ('b', x'6b', 'ab12', 1, 'e', 0, '{}')")
    engine.dispose()

    database = Database.at(tmp_path / "clary.db")
    blobs = BlobStore(tmp_path / "blobs", database)
    blobs.buckets.set_versioning("b", ENABLED)
    marker = blobs.objects.delete("b", ["k"])[0].version

    listed = [row.stored.version for row, _ in blobs.objects.page_of_versions("b", limit=10).entries]
    assert listed == [marker, "null"]
    blobs.close()
    database.close()
