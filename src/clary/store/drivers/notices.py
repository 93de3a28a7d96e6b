"""Hears what other servers of a PostgreSQL database have changed (LISTEN)."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
import sqlalchemy as sa

from . import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from .postgres import PostgresDriver

CHANNEL = "clary"

LOOK_S = 0.5
"""How often the thread looks whether it has to end. Notices arrive at once."""

AGAIN_S = 0.5

log = logging.getLogger("clary.store")


class Notices:
    """Listens in a thread of its own, and connects again when the connection is lost."""

    def __init__(
        self, driver: PostgresDriver, notice: Callable[[str], None], gap: Callable[[float], None]
    ) -> None:
        """gap: called with the seconds of which notices may have been missed."""
        self._driver = driver
        self._notice = notice
        self._gap = gap
        self._closed = threading.Event()

    def start(self) -> Callable[[], None]:
        """Returns when every later notice is heard. The result ends the listening."""
        thread = threading.Thread(target=self._run, args=[self._open()], name="clary-notices", daemon=True)
        thread.start()

        def end() -> None:
            self._closed.set()
            thread.join()

        return end

    def _open(self) -> sa.Connection:
        connection = self._driver.connect()
        connection.exec_driver_sql(f"LISTEN {CHANNEL}")
        return connection

    def _run(self, connection: sa.Connection | None) -> None:
        heard_until, is_behind = time.monotonic(), False
        while not self._closed.is_set():
            try:
                if connection is None:
                    connection = self._open()
                if is_behind:
                    self._gap(time.monotonic() - heard_until)
                    is_behind = False
                self._hear(connection)
            except (DatabaseUnavailable, psycopg.Error, sa.exc.DBAPIError) as error:
                if not is_behind:
                    heard_until, is_behind = time.monotonic(), True
                if connection is not None:
                    log.info("the connection that hears of changes was lost: %s", error)
                    _drop(connection)
                connection = None
                self._closed.wait(AGAIN_S)
            except Exception:
                log.exception("what changed while the database was away was not told")
                is_behind = False
        if connection is not None:
            _drop(connection)

    def _hear(self, connection: sa.Connection) -> None:
        """Calls the listener until it has to end. Raises the driver's error when the connection is lost."""
        raw: Any = connection.connection.dbapi_connection
        while not self._closed.is_set():
            for heard in raw.notifies(timeout=LOOK_S):
                try:
                    self._notice(heard.payload)
                except Exception:
                    log.exception("a change of another server was not handled")


def _drop(connection: sa.Connection) -> None:
    with contextlib.suppress(Exception):
        connection.close()
