"""Migrates a database to the schema of this version.

A new database gets the current tables at once. An older one is migrated by alembic, which is imported only
then: the import takes 0.1 s of every start.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from .drivers import DatabaseUnavailable
from .schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

HEAD = "0009"
"""The newest revision in ``migrations/versions``. A test compares the two."""

LOCK = 0xC1A22
"""The number of PostgreSQL's lock of servers that start at the same time."""


def bring_up_to_date(engine: Engine) -> None:
    if current_revision(engine) == HEAD:
        return
    with engine.connect() as connection, _alone(connection):
        # Again: another server may have been faster.
        current = _revision(connection)
        if current is None:
            metadata.create_all(connection)
            connection.exec_driver_sql(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
            )
            connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{HEAD}')")
        elif current != HEAD:
            _upgrade(connection, "head")


def current_revision(engine: Engine) -> str | None:
    """Returns the revision of a database; None for an empty one."""
    with engine.connect() as connection:
        return _revision(connection)


def upgrade(engine: Engine, to: str = "head") -> None:
    """Runs the migrations up to a revision."""
    with engine.connect() as connection, _alone(connection):
        _upgrade(connection, to)


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """A block in which no other process changes the tables. PostgreSQL keeps all of it or nothing.

    Raises DatabaseUnavailable.
    """
    if connection.dialect.name == "sqlite":
        yield
        connection.commit()
        return
    connection.exec_driver_sql(f"BEGIN; SELECT pg_advisory_xact_lock({LOCK})")
    try:
        yield
    except BaseException as error:
        with suppress(sa.exc.DBAPIError):
            connection.exec_driver_sql("ROLLBACK")
        if isinstance(error, sa.exc.DBAPIError):
            why = " ".join(str(error.orig).split())
            raise DatabaseUnavailable(f"The tables can't be made in the database: {why}") from error
        raise
    connection.exec_driver_sql("COMMIT")


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()


def _upgrade(connection: Connection, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
