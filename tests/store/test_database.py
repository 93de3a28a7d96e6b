from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.databases import open_database

from clary.store.database import Database, TransactionLost
from clary.store.schema import tags


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "clary.db")
    yield opened
    opened.close()


def add(database: Database, key: str) -> None:
    with database.write() as connection:
        connection.execute(tags.insert(), {"arn": "a", "key": key, "value": ""})


def fail_after_adding(database: Database, key: str) -> None:
    with database.write():
        add(database, key)
        raise ZeroDivisionError


def keys(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(sa.select(tags.c.key).order_by(tags.c.key)).scalars())


def keys_of_others(database: Database) -> list[str]:
    """What another thread sees."""
    seen: list[str] = []
    other = threading.Thread(target=lambda: seen.extend(keys(database)))
    other.start()
    other.join()
    return seen


def test_the_writes_of_a_transaction_are_seen_by_others_all_at_once(database: Database) -> None:
    with database.transaction():
        add(database, "one")
        add(database, "two")
        assert keys_of_others(database) == []

    assert keys_of_others(database) == ["one", "two"]


def test_a_transaction_reads_what_it_has_written(database: Database) -> None:
    with database.transaction():
        add(database, "one")

        assert keys(database) == ["one"]


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    def begin() -> None:
        with database.transaction():
            fail_after_adding(database, "one")

    with pytest.raises(ZeroDivisionError):
        begin()

    assert keys(database) == []


def test_a_write_that_raises_is_undone_and_the_transaction_goes_on(database: Database) -> None:
    with database.transaction():
        with pytest.raises(ZeroDivisionError):
            fail_after_adding(database, "inner")
        add(database, "outer")

    assert keys(database) == ["outer"]


def test_a_transaction_inside_another_commits_with_it(database: Database) -> None:
    with database.transaction():
        with database.transaction():
            add(database, "inner")
        assert keys_of_others(database) == []

    assert keys_of_others(database) == ["inner"]


def test_callbacks_come_after_the_commit_and_not_for_what_was_undone(database: Database) -> None:
    told: list[tuple[str, list[str]]] = []

    def tell(what: str) -> None:
        database.after_commit(lambda: told.append((what, keys_of_others(database))))

    def fail_after_telling() -> None:
        with database.write():
            tell("undone")
            raise ZeroDivisionError

    with database.transaction():
        add(database, "one")
        tell("kept")
        with pytest.raises(ZeroDivisionError):
            fail_after_telling()
        assert told == []
    tell("at once")

    assert told == [("kept", ["one"]), ("at once", ["one"])]


def test_a_callback_may_write(database: Database) -> None:
    with database.transaction():
        add(database, "one")
        database.after_commit(lambda: add(database, "two"))

    assert keys(database) == ["one", "two"]


def test_a_transaction_that_only_reads_keeps_nobody_waiting(database: Database) -> None:
    with database.transaction():
        keys(database)
        other = threading.Thread(target=add, args=(database, "theirs"))
        other.start()
        other.join()

        assert keys(database) == ["theirs"]


def test_what_the_database_rolled_back_by_itself_is_never_half_committed(database: Database) -> None:
    """As on a full disk: SQLite ends the whole transaction, and whoever passes over the error goes on."""

    def fill() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("ROLLBACK")
            raise OSError("disk is full")

    def begin() -> None:
        with database.transaction():
            add(database, "before")
            with pytest.raises(OSError, match="full"):
                fill()
            with pytest.raises(TransactionLost):
                add(database, "after")

    with pytest.raises(TransactionLost):
        begin()

    assert keys(database) == []
    add(database, "again")
    assert keys(database) == ["again"]


def test_a_connection_that_is_used_again_sees_every_commit(database: Database) -> None:
    with database.read() as first:
        # Ended by the block, though a transaction would still see what there was when it began.
        first.exec_driver_sql("BEGIN")
        assert first.execute(sa.select(tags.c.key)).all() == []
    add(database, "one")

    with database.read() as again:
        assert again is first
        assert again.execute(sa.select(tags.c.key)).all() == [("one",)]


def test_readers_at_the_same_time_have_connections_of_their_own(database: Database) -> None:
    with database.read() as one, database.read() as other:
        assert one is not other
