"""Keeps idle connections for the next reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from .drivers import Driver

MOST_IDLE = 16
"""Idle connections that are kept. Each needs some memory and three file descriptors."""


class ReadConnections:
    """Connections for reading, each used by one reader at a time. Safe to use from any thread.

    They are not returned to SQLAlchemy's pool: to take one from there and to give it back takes longer than
    to read a record by its key (7 µs and 3 µs).
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        # append() and pop() of a list are atomic.
        self._idle: list[Connection] = []

    def take(self) -> Connection:
        """Raises DatabaseUnavailable."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if self._driver.is_alive(connection):
                return connection
            connection.close()
        return self._driver.connect()

    def give_back(self, connection: Connection) -> None:
        """Returns a connection, and ends the transaction that its reader may have begun."""
        if self._driver.is_kept(connection) and len(self._idle) < MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
