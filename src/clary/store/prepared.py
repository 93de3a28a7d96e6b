"""Prepared statements: compiled once, and executed by the driver alone.

SQLAlchemy adds 10 to 60 microseconds to an execution, and more for every row of an executemany. A prepared
statement goes to the driver as text, so its values must be of the driver's types: numbers, text, bytes,
None. Errors of the driver are raised as those of SQLAlchemy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.engine.interfaces import DBAPICursor
    from sqlalchemy.sql import ClauseElement


class Prepared:
    """One statement with named parameters. Safe to use from any thread."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        """columns: of an INSERT, those that get a value."""
        self._statement = statement
        self._columns = columns
        self._compiled: tuple[Dialect, str, tuple[str, ...] | None] | None = None

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> DBAPICursor:
        """Returns the driver's cursor, which has the ``rowcount`` and ``lastrowid`` of a change."""
        sql, names = self._for(connection.dialect)
        cursor: DBAPICursor = connection.connection.cursor()
        try:
            cursor.execute(sql, values if names is None else tuple([values[n] for n in names]))
        except Exception as error:
            raise _wrapped(connection, sql, error) from error
        return cursor

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Returns every row as a tuple of the driver."""
        return list(self.execute(connection, values).fetchall())

    def scalar(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Returns the first value of the first row; None without a row. Other rows are not read."""
        cursor = self.execute(connection, values)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else row[0]

    def execute_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        sql, names = self._for(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(
                sql, rows if names is None else [tuple([row[n] for n in names]) for row in rows]
            )
        except Exception as error:
            raise _wrapped(connection, sql, error) from error

    def _for(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
        """Returns the SQL, and the names of its parameters in order if they are positional."""
        compiled = self._compiled
        if compiled is None or compiled[0] is not dialect:
            text = self._of(dialect).compile(dialect=dialect, column_keys=self._columns)
            positions = getattr(text, "positiontup", None)
            names = None if positions is None else tuple(positions)
            compiled = self._compiled = (dialect, str(text), names)
        return compiled[1], compiled[2]

    def _of(self, dialect: Dialect) -> ClauseElement:
        return self._statement


class PreparedInsert(Prepared):
    """An INSERT of one row into a table that numbers its rows."""

    def __init__(self, table: sa.Table, columns: Sequence[str]) -> None:
        super().__init__(sa.insert(table), columns)
        self._numbered = sa.insert(table).returning(table.c.id)

    def new_id(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Inserts a row. Returns its number."""
        cursor: Any = self.execute(connection, values)
        # SQLite's driver has it without a question to the database, which takes longer.
        return int(cursor.lastrowid if connection.dialect.name == "sqlite" else cursor.fetchone()[0])

    def _of(self, dialect: Dialect) -> ClauseElement:
        return self._statement if dialect.name == "sqlite" else self._numbered


def _wrapped(connection: Connection, sql: str, error: Exception) -> BaseException:
    driver = connection.dialect.dbapi
    assert driver is not None
    if not isinstance(error, driver.Error):
        return error
    return sa.exc.DBAPIError.instance(sql, None, error, driver.Error, hide_parameters=True)
