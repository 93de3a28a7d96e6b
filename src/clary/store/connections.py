"""Opens connections to the SQLite database, and keeps idle ones for the next reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from .checkpoints import AUTOMATIC_PAGES

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

MOST_IDLE = 16
"""Idle connections that are kept. Each needs some memory and three file descriptors."""


class ReadConnections:
    """Connections for reading, each used by one reader at a time. Safe to use from any thread.

    They are not returned to SQLAlchemy's pool: to take one from there and to give it back takes longer than
    to read a record by its key (7 µs and 3 µs).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # append() and pop() of a list are atomic.
        self._idle: list[Connection] = []

    def take(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._engine.connect()

    def give_back(self, connection: Connection) -> None:
        """Returns a connection, and ends the transaction that its reader may have begun."""
        driver: Any = connection.connection.dbapi_connection
        if driver.in_transaction:
            driver.rollback()
        if len(self._idle) < MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


def open_engine(url: str) -> Engine:
    """Creates SQLAlchemy's engine for a database. Its connections begin no transaction by themselves."""
    engine = sa.create_engine(
        url,
        pool_size=16,
        max_overflow=48,
        # Nothing to roll back: a transaction is ended by the code that began it.
        pool_reset_on_return=None,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # ``Database`` begins transactions: the driver's own BEGIN is deferred, and can fail late.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        # WAL + NORMAL: a commit survives the death of the process; only a power cut can take the last ones.
        "synchronous = NORMAL",
        f"wal_autocheckpoint = {AUTOMATIC_PAGES}",
        "foreign_keys = ON",
        "busy_timeout = 30000",
        "temp_store = MEMORY",
        "cache_size = -8192",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
