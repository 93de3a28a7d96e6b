"""Threads that wait to write share one commit, and nothing else."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from tests.store.databases import open_database, sqlite_only

from clary.store import commit_group
from clary.store.database import Database, TransactionLost
from clary.store.schema import tags


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    # However slow this machine is, no group is committed because of its age.
    monkeypatch.setattr(commit_group, "LONGEST_S", math.inf)
    opened = open_database(tmp_path / "clary.db")
    yield opened
    opened.close()


class Writer(threading.Thread):
    """Runs ``write`` in a transaction of its own; keeps what it raises."""

    def __init__(self, database: Database, write: Callable[[], None]) -> None:
        super().__init__()
        self.error: BaseException | None = None
        self._database = database
        self._write = write
        self.start()

    def run(self) -> None:
        try:
            with self._database.transaction():
                self._write()
        except BaseException as error:
            self.error = error


class Turn:
    """A transaction that has written ``key`` and goes on when it is told to."""

    def __init__(self, database: Database, key: str = "first") -> None:
        self._written, self._end = threading.Event(), threading.Event()
        self._database = database
        self._key = key
        self.writer = Writer(database, self._hold)
        assert self._written.wait(60)

    def _hold(self) -> None:
        add(self._database, self._key)
        self._written.set()
        assert self._end.wait(60)

    def end(self) -> None:
        self._end.set()


def add(database: Database, key: str) -> None:
    with database.write() as connection:
        connection.execute(tags.insert(), {"arn": "a", "key": key, "value": ""})


def keys(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(sa.select(tags.c.key).order_by(tags.c.key)).scalars())


def statements(database: Database) -> list[str]:
    """What is told to the database from now on."""
    told: list[str] = []
    with database.write() as connection:
        connection.connection.set_trace_callback(told.append)  # type: ignore[attr-defined]
    told.clear()
    return told


def queue(database: Database, *writes: Callable[[], None]) -> list[Writer]:
    """One thread for each, waiting for the turn in this order."""
    writers = []
    for write in writes:
        before = database._turn.waiting
        writers.append(Writer(database, write))
        until(lambda before=before: database._turn.waiting > before)  # type: ignore[misc]
    return writers


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def join(*writers: Writer) -> None:
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive()


@sqlite_only
def test_those_who_wait_are_committed_together(database: Database) -> None:
    told = statements(database)
    turn = Turn(database)
    others = queue(database, lambda: add(database, "second"), lambda: add(database, "third"))

    turn.end()
    join(turn.writer, *others)

    assert told.count("COMMIT") == 1
    assert keys(database) == ["first", "second", "third"]


@sqlite_only
def test_nobody_waits_for_company(database: Database) -> None:
    told = statements(database)

    add(database, "one")
    add(database, "two")

    assert told.count("COMMIT") == 2


def test_nothing_is_seen_and_nobody_returns_before_the_commit(database: Database) -> None:
    first = Turn(database)
    second_may_end, returned = threading.Event(), threading.Event()
    first_told: list[list[str]] = []

    def write() -> None:
        add(database, "second")
        returned.set()
        assert second_may_end.wait(60)

    (second,) = queue(database, write)
    (third,) = queue(
        database,
        lambda: database.after_commit(lambda: first_told.append(keys(database))) or add(database, "third"),  # type: ignore[func-returns-value]
    )
    first.end()
    assert returned.wait(60)

    assert first.writer.is_alive()
    assert keys(database) == []
    second_may_end.set()
    join(first.writer, second, third)
    assert first_told == [["first", "second", "third"]]


def test_one_that_fails_undoes_itself_alone(database: Database) -> None:
    def fail() -> None:
        add(database, "wrong")
        add(database, "wrong too")
        raise ZeroDivisionError

    turn = Turn(database)
    others = queue(database, lambda: add(database, "second"), fail, lambda: add(database, "fourth"), fail)

    turn.end()
    join(turn.writer, *others)

    assert [type(writer.error) for writer in others] == [type(None), ZeroDivisionError] * 2
    assert keys(database) == ["first", "fourth", "second"]


def test_the_first_may_fail(database: Database) -> None:
    def fail() -> None:
        add(database, "wrong")
        held.wait(60)
        raise ZeroDivisionError

    held = threading.Event()
    first = Writer(database, fail)
    until(lambda: database._group is not None)
    others = queue(database, lambda: add(database, "second"), lambda: add(database, "third"))

    held.set()
    join(first, *others)

    assert isinstance(first.error, ZeroDivisionError)
    assert keys(database) == ["second", "third"]


def test_a_commit_that_fails_is_an_error_for_each_of_them(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(
            "CREATE TABLE children (id INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)"
        )

    def orphan() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO children VALUES (1)")

    turn = Turn(database)
    (last,) = queue(database, orphan)
    turn.end()
    join(turn.writer, last)

    assert isinstance(last.error, sqlite3.IntegrityError | psycopg.IntegrityError)
    assert isinstance(turn.writer.error, TransactionLost)
    assert turn.writer.error.__cause__ is last.error
    assert keys(database) == []
    add(database, "again")
    assert keys(database) == ["again"]


def test_what_the_database_rolls_back_by_itself_is_lost_for_each_of_them(database: Database) -> None:
    """As on a full disk."""

    def fill() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("ROLLBACK")
            raise OSError("disk is full")

    turn = Turn(database)
    others = queue(database, fill, lambda: add(database, "third"))
    turn.end()
    join(turn.writer, *others)

    assert isinstance(turn.writer.error, TransactionLost)
    assert isinstance(turn.writer.error.__cause__, OSError)
    assert isinstance(others[0].error, OSError)
    assert keys(database) == ["third"]


@sqlite_only
def test_a_group_that_is_old_takes_nobody_in(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    told = statements(database)
    monkeypatch.setattr(commit_group, "LONGEST_S", 0.0)
    turn = Turn(database)
    others = queue(database, lambda: add(database, "second"), lambda: add(database, "third"))

    turn.end()
    join(turn.writer, *others)

    assert told.count("COMMIT") == 3
    assert keys(database) == ["first", "second", "third"]


def test_many_threads_lose_nothing_and_keep_nothing_that_failed(database: Database) -> None:
    def fail(name: str) -> None:
        with database.transaction():
            add(database, name)
            raise ZeroDivisionError

    def work(number: int) -> None:
        for turn in range(20):
            name = f"{number:02}-{turn:02}"
            if turn % 5 == 4:
                with pytest.raises(ZeroDivisionError):
                    fail(name)
            else:
                add(database, name)
                assert name in keys(database)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert keys(database) == [
        f"{number:02}-{turn:02}" for number in range(8) for turn in range(20) if turn % 5 != 4
    ]
