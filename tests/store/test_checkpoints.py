"""The log is copied into the database file while writers continue, and does not grow without an end."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from clary.store import checkpoints
from clary.store.database import Database
from clary.store.schema import tags


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clary.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database.at(path)
    opened.make_durable()
    yield opened
    opened.close()


def add(database: Database, *keys: str) -> None:
    with database.write() as connection:
        connection.execute(tags.insert(), [{"arn": "a", "key": key, "value": ""} for key in keys])


def keys(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(sa.select(tags.c.key).order_by(tags.c.key)).scalars())


def copied(path: Path) -> list[str]:
    """What the database file has without its log."""
    alone = path.with_name("alone.db")
    # By another process: to close the file in this one would end the locks that SQLite has on it.
    subprocess.run(["cp", path, alone], check=True)
    with closing(sqlite3.connect(alone)) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM tags ORDER BY key")]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def pages_in_log(database: Database) -> int:
    with database.read() as connection:
        driver: Any = connection.connection.dbapi_connection
        return int(driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])


def copy(database: Database) -> None:
    """What the thread does when it wakes."""
    with database._engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA busy_timeout = 1")
        database._writer._checkpoints._copy(driver)
        connection.detach()


def test_the_log_is_copied_after_many_changes(
    path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY_CHANGES", 10)
    add(database, "one")
    assert copied(path) == []

    add(database, *(f"more {number}" for number in range(10)))

    until(lambda: len(copied(path)) == 11)


def test_what_is_made_durable_is_in_the_database_file(path: Path, database: Database) -> None:
    add(database, "one")
    assert copied(path) == []

    database.make_durable()

    assert copied(path) == ["one"]


def test_a_long_log_begins_anew(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database._writer._checkpoints, "_longest", 20)
    for number in range(30):
        add(database, f"{number}")
    assert pages_in_log(database) > 20

    copy(database)
    add(database, "another")

    assert pages_in_log(database) < 20
    assert len(keys(database)) == 31


def test_a_reader_of_the_old_log_keeps_writers_waiting_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database._writer._checkpoints, "_longest", 20)
    add(database, "seen")
    with database.read() as connection:
        connection.exec_driver_sql("BEGIN")
        assert connection.execute(sa.select(tags.c.key)).scalars().all() == ["seen"]
        for number in range(30):
            add(database, f"{number}")

        copy(database)
        add(database, "another")

        assert database._writer._checkpoints._longest > pages_in_log(database)
        assert connection.execute(sa.select(tags.c.key)).scalars().all() == ["seen"]
    assert len(keys(database)) == 32


def test_transactions_that_wait_for_a_commit_are_committed_before_the_log_begins_anew(
    database: Database,
) -> None:
    written, may_end, inside = threading.Event(), threading.Event(), threading.Event()
    seen: list[list[str]] = []

    def write() -> None:
        with database.transaction():
            add(database, "first")
            written.set()
            assert may_end.wait(60)

    def begin_anew() -> None:
        with database._without_transaction():
            seen.append(keys(database))
            inside.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert written.wait(60)
    other = threading.Thread(target=begin_anew)
    other.start()
    until(lambda: database._turn.waiting == 1)
    may_end.set()
    assert inside.wait(60)
    writer.join(60)
    other.join(60)

    assert seen == [["first"]]
    add(database, "second")
    assert keys(database) == ["first", "second"]


def test_writers_and_checkpoints_at_once_lose_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "EVERY_CHANGES", 1)
    monkeypatch.setattr(checkpoints, "PAUSE_S", 0.0)
    monkeypatch.setattr(checkpoints, "LONGEST_PAGES", 10)
    database = Database.at(path)

    def work(number: int) -> None:
        for turn in range(50):
            add(database, f"{number}-{turn:02}")
            assert f"{number}-{turn:02}" in keys(database)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = keys(database)
    database.close()

    assert found == [f"{number}-{turn:02}" for number in range(4) for turn in range(50)]
    assert copied(path) == found
