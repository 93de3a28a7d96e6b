"""One database: many readers, one writer at a time, everybody told after a commit.

SQLite in WAL mode lets readers go on while one transaction writes. The writer's turn is taken with a
lock of ours first, so that threads queue fairly here instead of spinning on SQLITE_BUSY.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from .migrate import bring_up_to_date

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine


class Database:
    """Transactions over one database. Safe to use from any thread."""

    def __init__(self, url: str) -> None:
        """Opens (and creates, or migrates) the database at an SQLAlchemy URL."""
        self._engine = _engine(url)
        self._turn = threading.Lock()
        self._on_end: list[Callable[[bool], None]] = []
        bring_up_to_date(self._engine)

    @classmethod
    def at(cls, path: Path) -> Database:
        """The embedded database in one file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite:///{path}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and writes nothing."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._turn, self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                self._tell(False)
                raise
            self._tell(True)

    def on_end(self, listener: Callable[[bool], None]) -> None:
        """Calls ``listener(committed)`` when a transaction has ended, before the next one begins."""
        self._on_end.append(listener)

    def _tell(self, committed: bool) -> None:
        for listener in self._on_end:
            listener(committed)

    def close(self) -> None:
        self._engine.dispose()


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


OnCommit = Callable[[], None]
