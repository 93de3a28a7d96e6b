from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgres import PostgresServer

from clary.cli.doctor import _database
from clary.cli.machine_check import MachineCheck
from clary.server.settings import Settings
from clary.store.database import Database
from clary.store.drivers import DatabaseUnavailable


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    started = PostgresServer.or_skip()
    yield started
    started.close()


def test_doctor_says_whether_the_database_can_be_used(server: PostgresServer, tmp_path: Path) -> None:
    def found(url: str) -> MachineCheck:
        return _database(Settings(home=tmp_path, database=url))

    assert found("").ok, "SQLite needs nothing"
    good = found(server.empty())
    assert (good.ok, good.said.startswith("PostgreSQL 1")) == (True, True)
    missing = found(server.url("missing").replace("clary@", "clary:secret@"))
    assert missing.ok is False
    assert 'database "missing" does not exist' in missing.said
    assert "secret" not in missing.said
    server.command("CREATE ROLE guest LOGIN")
    guest = found(server.empty().replace("clary@", "guest@"))
    assert guest.ok is False
    assert "OWNER" in guest.remedy
    with pytest.raises(DatabaseUnavailable, match="can't be made in the database: permission denied"):
        Database(server.empty().replace("clary@", "guest@"))
    server.command(
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0 LOCALE_PROVIDER libc"
    )
    assert "UTF8" in found(server.url("latin")).said


def test_a_missing_driver_is_said_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "clary.store.drivers.postgres", raising=False)

    check = _database(Settings(home=tmp_path, database="postgresql://me@nowhere/db"))

    assert check.ok is False
    assert "pip install 'clary[postgres]'" in check.said
