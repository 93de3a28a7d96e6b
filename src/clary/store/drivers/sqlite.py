"""SQLite in WAL mode: readers continue while one transaction writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import event

from clary.store.checkpoints import AUTOMATIC_PAGES, Checkpoints
from clary.store.log_sync import LogSync

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection, Engine

    from . import Turn


class SqliteDriver:
    """Connections to a file, which one server has to itself."""

    is_shared = False
    begin_snapshot = "BEGIN"

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(
            url,
            pool_size=16,
            max_overflow=48,
            # Nothing to roll back: a transaction is ended by the code that began it.
            pool_reset_on_return=None,
            connect_args={"check_same_thread": False},
        )
        event.listen(self.engine, "connect", _prepare)
        self.place = str(self.engine.url.database)

    def connect(self) -> Connection:
        return self.engine.connect()

    def translate(self, error: BaseException) -> None:
        pass

    def is_alive(self, connection: Connection) -> bool:
        return True

    def is_kept(self, connection: Connection) -> bool:
        driver: Any = connection.connection.dbapi_connection
        if driver.in_transaction:
            driver.rollback()
        return True

    def open_writer(self, turn: Turn) -> SqliteWriter:
        return SqliteWriter(self.engine, turn)

    def clock(self, connection: Connection) -> float:
        return time.time()

    def require_sessions(self) -> None:
        pass

    def listen(self, notice: Callable[[str], None], gap: Callable[[float], None]) -> Callable[[], None]:
        return lambda: None


class SqliteWriter:
    """BEGIN, SAVEPOINT and COMMIT go to the driver: SQLAlchemy takes ten times as long for each of them."""

    failed = False
    """A statement that raises changes nothing here, and the transaction goes on."""

    def __init__(self, engine: Engine, turn: Turn) -> None:
        self.connection = engine.connect()
        driver: Any = self.connection.connection.dbapi_connection
        self._driver = driver
        self.execute: Callable[[str], object] = driver.execute
        self._checkpoints = Checkpoints(engine, turn)
        self._log = LogSync(engine.url.database or "")

    @property
    def in_transaction(self) -> bool:
        return bool(self._driver.in_transaction)

    def begin(self) -> None:
        self._driver.execute("BEGIN IMMEDIATE")

    def announce(self, notices: Sequence[str]) -> None:
        pass

    def committed(self) -> None:
        self._checkpoints.committed(self._driver.total_changes)

    def make_durable(self) -> None:
        self._checkpoints.make_durable()

    def sync_log(self) -> None:
        self._log.sync()

    def close(self) -> None:
        self._checkpoints.close()
        self._log.close()
        self.connection.close()


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
