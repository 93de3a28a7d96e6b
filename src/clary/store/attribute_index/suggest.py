"""Names of properties for somebody who begins to type one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from clary.store.schema import attribute_paths as paths
from clary.store.schema import attribute_values as table

if TYPE_CHECKING:
    from clary.store.database import Database


def paths_like(database: Database, kind: str, hint: str, *, limit: int) -> list[str]:
    """Paths of a kind that hold a value and contain the hint, in any case; first those that begin with it."""
    begins = sa.func.instr(paths.c.folded, hint.lower())
    held = [
        sa.exists().where(table.c.path == paths.c.id, column.is_not(None)).correlate(paths)
        for column in (table.c.number, table.c.string)
    ]
    query = (
        sa.select(paths.c.path)
        .where(paths.c.kind == kind, sa.or_(*held))
        .order_by(paths.c.folded, paths.c.path)
        .limit(limit)
    )
    if hint:
        query = query.where(begins > 0).order_by(None)
        query = query.order_by(begins > 1, paths.c.folded, paths.c.path)
    with database.read() as connection:
        return list(connection.execute(query).scalars())
