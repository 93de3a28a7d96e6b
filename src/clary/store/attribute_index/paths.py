"""The paths of attributes: finds the one that a caller means, and suggests names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from clary.store.dialects import place_in
from clary.store.schema import attribute_paths as table
from clary.store.schema import attribute_values as values

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from clary.store.database import Database


def path_id(connection: Connection, kind: str, path: str) -> int | None:
    """Returns the id of the path with this spelling, else of one that differs in the case of fewest letters.

    So ``metrics.acc.max`` finds ``Metrics.acc.Max``, even if there is a ``Metrics.ACC.Max``. None when no
    record has such a path.
    """
    query = sa.select(table.c.id, table.c.path).where(table.c.kind == kind, table.c.folded == path.lower())
    found = connection.execute(query).all()
    return min(found, key=lambda row: (_differences(row[1], path), row[1]))[0] if found else None


def ids_at_or_below(kind: str, path: str) -> sa.Select[tuple[int]]:
    """Selects the ids of a path and of all paths below it, in any case."""
    folded = path.lower()
    # "/" is the character after ".".
    below = sa.and_(table.c.folded >= f"{folded}.", table.c.folded < f"{folded}/")
    return sa.select(table.c.id).where(table.c.kind == kind, sa.or_(table.c.folded == folded, below))


def paths_like(database: Database, kind: str, hint: str, *, limit: int) -> list[str]:
    """Returns paths of a kind that have a value and contain the hint, in any case.

    Those that begin with the hint come first.
    """
    begins = place_in(table.c.folded, hint.lower())
    held = [
        sa.exists().where(values.c.path == table.c.id, column.is_not(None)).correlate(table)
        for column in (values.c.number, values.c.string)
    ]
    query = (
        sa.select(table.c.path)
        .where(table.c.kind == kind, sa.or_(*held))
        .order_by(table.c.folded, table.c.path)
        .limit(limit)
    )
    if hint:
        query = query.where(begins > 0).order_by(None)
        query = query.order_by(begins > 1, table.c.folded, table.c.path)
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def _differences(path: str, other: str) -> int:
    return sum(1 for mine, its in zip(path, other, strict=False) if mine != its)
