"""One database: many readers, one writer at a time, everybody told after a commit.

SQLite in WAL mode lets readers go on while one transaction writes. The writer's turn is taken with a
lock of ours first, so that threads queue fairly here instead of spinning on SQLITE_BUSY.

A transaction belongs to the thread that began it, and blocks nest:

    with database.transaction():        nothing is taken yet
        with database.write(): ...      the turn is taken, BEGIN
        with database.read(): ...       the same connection: it sees what was written above
        with database.write(): ...      a savepoint: what it raises undoes this block alone
                                        COMMIT, then the callbacks of ``after_commit``
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from .migrate import bring_up_to_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine


class TransactionLost(Exception):
    """The database rolled a transaction back by itself, after an error that the writer caught and ignored."""


@dataclass(slots=True)
class _Transaction:
    """What one thread writes now.

    connection: None until the first write. lost: the database has given the transaction up by itself.
    """

    connection: Connection | None = None
    savepoints: int = 0
    lost: bool = False
    callbacks: list[Callable[[], None]] = field(default_factory=list)


class Database:
    """Transactions over one database. Safe to use from any thread."""

    def __init__(self, url: str) -> None:
        """Opens (and creates, or migrates) the database at an SQLAlchemy URL."""
        self._engine = _engine(url)
        self._turn = threading.Lock()
        self._on_end: list[Callable[[bool], None]] = []
        self._here = threading.local()
        self._kept: list[Connection] = []
        bring_up_to_date(self._engine)

    @classmethod
    def at(cls, path: Path) -> Database:
        """The embedded database in one file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{path}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state, with what this thread's transaction has written."""
        open_now = self._open_now()
        if open_now is not None and open_now.connection is not None:
            yield open_now.connection
            return
        kept: Connection | None = getattr(self._here, "reader", None)
        if kept is not None:
            yield kept
            return
        with self._engine.connect() as connection:
            yield connection

    def keep_reader(self) -> None:
        """Lets this thread keep one connection for all its reads, until ``close``.

        For a thread with many short reads: to take a connection from the pool and give it back costs as much
        as the read of a record. Results have to be read to their end, as those of a block that ends.
        """
        self._here.reader = self._engine.connect()
        self._kept.append(self._here.reader)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Inside another block of this thread it is a part of that transaction, which commits later.
        """
        open_now = self._open_now()
        if open_now is None:
            with self.transaction():
                yield self._begun()
        elif open_now.connection is None:
            # The first write of a transaction is undone as every later one is: by a savepoint.
            self._begun()
            with self._savepoint(open_now) as connection:
                yield connection
        else:
            with self._savepoint(open_now) as connection:
                yield connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Whatever this thread writes inside the block is committed together at its end, or not at all.

        The writer's turn is taken by the first write, so a block that only reads costs nothing. Nothing may
        be awaited inside: the transaction belongs to the thread.
        """
        if self._open_now() is not None:
            yield
            return
        opened = self._here.transaction = _Transaction()
        try:
            yield
        except BaseException:
            self._end(opened, commit=False)
            raise
        self._end(opened, commit=True)
        for callback in opened.callbacks:
            callback()

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Calls back once what this thread has written is committed; never when it is rolled back.

        Outside of any transaction: at once. The callback runs in this thread, and the writer's turn is free.
        """
        open_now = self._open_now()
        if open_now is None:
            callback()
        else:
            open_now.callbacks.append(callback)

    def on_end(self, listener: Callable[[bool], None]) -> None:
        """Calls ``listener(committed)`` when a transaction, or a block inside one that was undone, has ended.

        It is called before the next transaction begins.
        """
        self._on_end.append(listener)

    def close(self) -> None:
        while self._kept:
            self._kept.pop().close()
        self._engine.dispose()

    def _open_now(self) -> _Transaction | None:
        return getattr(self._here, "transaction", None)

    def _begun(self) -> Connection:
        opened = self._open_now()
        assert opened is not None
        self._turn.acquire()
        try:
            connection = self._engine.connect()
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except BaseException:
                connection.close()
                raise
        except BaseException:
            self._turn.release()
            raise
        opened.connection = connection
        return connection

    @contextmanager
    def _savepoint(self, opened: _Transaction) -> Iterator[Connection]:
        connection = opened.connection
        if connection is None or opened.lost:
            raise TransactionLost("the database gave this transaction up; nothing of it was kept")
        opened.savepoints += 1
        name, calls = f"s{opened.savepoints}", len(opened.callbacks)
        connection.exec_driver_sql(f"SAVEPOINT {name}")
        try:
            yield connection
        except BaseException:
            del opened.callbacks[calls:]
            self._tell(False)
            try:
                connection.exec_driver_sql(f"ROLLBACK TO {name}")
                connection.exec_driver_sql(f"RELEASE {name}")
            except sa.exc.DBAPIError:
                # SQLite rolls all of it back by itself when the disk is full: the savepoint is gone then.
                opened.lost = True
            raise
        connection.exec_driver_sql(f"RELEASE {name}")

    def _end(self, opened: _Transaction, *, commit: bool) -> None:
        self._here.transaction = None
        connection = opened.connection
        if connection is None:
            return
        try:
            if commit and not opened.lost:
                self._commit(connection)
            else:
                connection.rollback()
                self._tell(False)
        finally:
            connection.close()
            self._turn.release()
        if commit and opened.lost:
            raise TransactionLost("the database gave this transaction up; nothing of it was kept")

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except BaseException:
            connection.rollback()
            self._tell(False)
            raise
        self._tell(True)

    def _tell(self, committed: bool) -> None:
        for listener in self._on_end:
            listener(committed)


def _engine(url: str) -> Engine:
    engine = sa.create_engine(
        url,
        pool_size=16,
        max_overflow=48,
        # Nothing to roll back: a transaction is ended by whoever began it.
        pool_reset_on_return=None,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # Transactions begin when we say so; the driver's own BEGIN would be deferred and could fail late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        # WAL + NORMAL: a commit survives the death of the process; only a power cut can take the last ones.
        "synchronous = NORMAL",
        # 16 MB of log between two checkpoints, each of which waits for the disk: a page that was written
        # ten times in between is copied once. A quarter less time a write than with the default of 4 MB.
        "wal_autocheckpoint = 4000",
        "foreign_keys = ON",
        "busy_timeout = 30000",
        "temp_store = MEMORY",
        "cache_size = -8192",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
