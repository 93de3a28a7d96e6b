"""Names of properties for somebody who begins to type one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from clary.store.schema import facet_paths, facets

if TYPE_CHECKING:
    from clary.store.database import Database


def paths_like(database: Database, kind: str, hint: str, *, limit: int) -> list[str]:
    """Paths of a kind that hold a value and contain the hint, in any case; first those that begin with it."""
    begins = sa.func.instr(facet_paths.c.folded, hint.lower())
    held = [
        sa.exists().where(facets.c.path == facet_paths.c.id, column.is_not(None)).correlate(facet_paths)
        for column in (facets.c.number, facets.c.string)
    ]
    query = (
        sa.select(facet_paths.c.path)
        .where(facet_paths.c.kind == kind, sa.or_(*held))
        .order_by(facet_paths.c.folded, facet_paths.c.path)
        .limit(limit)
    )
    if hint:
        query = query.where(begins > 0).order_by(None)
        query = query.order_by(begins > 1, facet_paths.c.folded, facet_paths.c.path)
    with database.read() as connection:
        return list(connection.execute(query).scalars())
