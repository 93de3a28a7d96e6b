"""From the path a caller spells to those that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from clary.store.schema import attribute_paths as table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def path_id(connection: Connection, kind: str, path: str) -> int | None:
    """The path that is spelled so, upper and lower case as given or, failing that, as near as there is.

    So ``metrics.acc.max`` finds ``Metrics.acc.Max``, also where there is a ``Metrics.ACC.Max``.
    """
    query = sa.select(table.c.id, table.c.path).where(table.c.kind == kind, table.c.folded == path.lower())
    found = connection.execute(query).all()
    return min(found, key=lambda row: (_differences(row[1], path), row[1]))[0] if found else None


def ids_at_or_below(kind: str, path: str) -> sa.Select[tuple[int]]:
    """Selects the paths that are this one or begin with it, in any case."""
    folded = path.lower()
    # "/" is the character after ".".
    below = sa.and_(table.c.folded >= f"{folded}.", table.c.folded < f"{folded}/")
    return sa.select(table.c.id).where(table.c.kind == kind, sa.or_(table.c.folded == folded, below))


def _differences(path: str, other: str) -> int:
    return sum(1 for mine, its in zip(path, other, strict=False) if mine != its)
