"""Moves all rows from one database to another, whichever they are, in chunks of bounded size.

database ── rows_of ──► (table, rows) (table, rows) ... ── Filling.add ──► empty database
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .schema import backing_doubts, backing_place, metadata, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from .database import Database

_TABLES = [table for table in metadata.sorted_tables if table not in (backing_doubts, backing_place)]
"""Of the S3 behind Clary each installation has its own."""

CHUNK_ROWS, CHUNK_BYTES = 2_000, 4 << 20
"""A chunk ends with the row that reaches one of these."""


class NotEmpty(Exception):
    """The database has rows already; the message names a table."""


class CountsDiffer(Exception):
    """Not all rows have arrived; nothing was kept."""


def rows_of(database: Database) -> Iterator[tuple[str, list[list[Any]]]]:
    """Yields all rows of one state by chunks, each with the name of its table. Parents come first."""
    with database.snapshot() as connection:
        for table in _TABLES:
            statement = sa.select(table).execution_options(yield_per=CHUNK_ROWS)
            chunk: list[list[Any]] = []
            size = 0
            for row in connection.execute(statement):
                chunk.append(list(row))
                size += sum(len(value) for value in row if isinstance(value, bytes | str))
                if len(chunk) == CHUNK_ROWS or size >= CHUNK_BYTES:
                    yield table.name, chunk
                    chunk, size = [], 0
            if chunk:
                yield table.name, chunk


def require_empty(connection: Connection) -> None:
    """Raises NotEmpty for a database with rows."""
    for table in _TABLES:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
            raise NotEmpty(f"there are {table.name.replace('_', ' ')} in it")


class Filling:
    """Fills an empty database in the transaction of a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.counts = dict.fromkeys((table.name for table in _TABLES), 0)

    def add(self, table_name: str, rows: Sequence[Sequence[Any]]) -> None:
        """Inserts the rows of a chunk. Raises KeyError for a table that is not one."""
        table = metadata.tables[table_name]
        names = [column.name for column in table.c]
        if rows:
            self.connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
        self.counts[table_name] += len(rows)

    def forget(self, kinds: Sequence[str]) -> None:
        """Removes the records of some kinds, which no search finds. Call it after ``finish``."""
        self.connection.execute(sa.delete(records).where(records.c.kind.in_(kinds)))

    def finish(self, expected: dict[str, int]) -> None:
        """Compares the rows with what was sent. Raises CountsDiffer."""
        for table in _TABLES:
            count = self.connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            if count != expected.get(table.name, 0):
                wanted = expected.get(table.name, 0)
                raise CountsDiffer(f"{table.name} has {count} rows in place of {wanted}; nothing was kept")
            numbered = table.autoincrement_column
            if numbered is not None and self.connection.dialect.name == "postgresql":
                # SQLite numbers from the greatest id on by itself.
                self.connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{numbered.name}'),"
                    f" coalesce(max({numbered.name}), 0) + 1, false) FROM {table.name}"
                )
