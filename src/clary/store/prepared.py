"""Statements on hot paths, compiled once for the database at hand.

SQLAlchemy spends 30 to 60 microseconds on an execution beside the database's own work, and more for
every row of an executemany. A prepared statement goes to the driver as text, so its values have to be
what the driver takes: numbers, text, bytes, None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection, CursorResult, Dialect
    from sqlalchemy.sql import ClauseElement


class Prepared:
    """One statement with named parameters. Safe to use from any thread."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        """columns: of an INSERT, those that get a value."""
        self._statement = statement
        self._columns = columns
        self._compiled: tuple[Dialect, str, tuple[str, ...] | None] | None = None

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        sql, names = self._for(connection.dialect)
        return connection.exec_driver_sql(sql, values if names is None else tuple([values[n] for n in names]))

    def execute_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        sql, names = self._for(connection.dialect)
        if names is None:
            connection.exec_driver_sql(sql, list(rows))
        else:
            connection.exec_driver_sql(sql, [tuple([row[n] for n in names]) for row in rows])

    def _for(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
        """The text and, where the driver counts parameters, their names in order."""
        compiled = self._compiled
        if compiled is None or compiled[0] is not dialect:
            text = self._statement.compile(dialect=dialect, column_keys=self._columns)
            positions = getattr(text, "positiontup", None)
            names = None if positions is None else tuple(positions)
            compiled = self._compiled = (dialect, str(text), names)
        return compiled[1], compiled[2]
