"""Migrates a database to the schema of this version.

A new database gets the current tables at once. An older one is migrated by alembic, which is imported only
then: the import takes 0.1 s of every start.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .schema import metadata

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

HEAD = "0008"
"""The newest revision in ``migrations/versions``. A test compares the two."""


def bring_up_to_date(engine: Engine) -> None:
    current = current_revision(engine)
    if current == HEAD:
        return
    if current is None:
        with engine.connect() as connection:
            metadata.create_all(connection)
            connection.exec_driver_sql(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"
            )
            connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{HEAD}')")
            connection.commit()
        return
    upgrade(engine)


def current_revision(engine: Engine) -> str | None:
    """Returns the revision of a database; None for an empty one."""
    import sqlalchemy as sa

    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()


def upgrade(engine: Engine, to: str = "head") -> None:
    """Runs the migrations up to a revision."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        connection.commit()
