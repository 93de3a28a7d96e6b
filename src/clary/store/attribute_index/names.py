"""Finds which columns a table of records may have: names of metrics, parameters, tags.

A record has six paths for a metric (``Metrics.loss.Max`` ...), one or the other of two for a parameter, and
one for a tag. A name stands here once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from clary.store.dialects import last_letters, place_in
from clary.store.schema import attribute_paths as paths
from clary.store.schema import attribute_values as values

from .bitmap import given, is_in, records_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from .bitmap import RecordBitmap


FEW = 300
"""The names of at most so many records are read from the records; of more, from all names that there are."""


@dataclass(frozen=True, slots=True)
class NamedMember:
    """A map of a document that holds values by name.

    tails: the last parts of its paths, of which every record with the name has one. Empty where a path ends
    with the name.
    """

    member: str
    tails: tuple[str, ...]


def names_of(
    connection: Connection, kind: str, named: NamedMember, among: RecordBitmap | None, text: str
) -> list[str]:
    """Returns the names below a member that a record of ``among`` has; A and a stand together.

    among: None for all records. text: what the name has to contain, in any case.
    """
    folded = named.member.lower()
    query = (
        sa.select(paths.c.id, paths.c.path)
        # "/" is the character after ".".
        .where(paths.c.kind == kind, paths.c.folded >= f"{folded}.", paths.c.folded < f"{folded}/")
    )
    if named.tails:
        query = query.where(
            sa.or_(*[last_letters(paths.c.folded, len(tail)) == tail for tail in _folded(named.tails)])
        )
    if text:
        after = sa.func.substr(paths.c.folded, len(folded) + 2)
        query = query.where(place_in(after, text.lower()) > 0)
    found: dict[str, None] = {}
    for path in connection.execute(_held(query, among)).scalars():
        name = path[len(folded) + 1 :]
        tail = next((each for each in _folded(named.tails) if name.lower().endswith(each)), "")
        name = name[: len(name) - len(tail)]
        # The text may lie in the tail alone.
        if text.lower() in name.lower():
            found[name] = None
    return sorted(found, key=lambda name: (name.lower(), name))


def _held(query: sa.Select[Any], among: RecordBitmap | None) -> sa.Select[Any]:
    """Selects the paths that a record has. The search for one stops at the first."""
    known = query.subquery()
    if among is not None and among.count(1) <= FEW:
        some = given(records_in(among))
        theirs = sa.select(values.c.path).join(some, some.c.record == values.c.record).distinct()
        return sa.select(known.c.path).where(known.c.id.in_(theirs))
    held = []
    for column in (values.c.number, values.c.string):
        exists = sa.exists().where(values.c.path == known.c.id, column.is_not(None))
        held.append(exists if among is None else exists.where(is_in(among, values.c.record)))
    return sa.select(known.c.path).where(sa.or_(*held))


@dataclass(frozen=True, slots=True)
class Spread:
    """How a path's values differ among some records. count: of the records that have one."""

    path: str
    count: int
    differs: bool


def spreads(connection: Connection, ids: Sequence[int]) -> list[Spread]:
    """Returns every path that one of a few records has."""
    wanted = given(ids)
    low_number, high_number = sa.func.min(values.c.number), sa.func.max(values.c.number)
    low_string, high_string = sa.func.min(values.c.string), sa.func.max(values.c.string)
    statement = (
        sa.select(
            paths.c.path,
            sa.func.count(),
            sa.or_(
                sa.func.coalesce(low_number != high_number, False),
                sa.func.coalesce(low_string != high_string, False),
            ),
        )
        .select_from(
            wanted.join(values, values.c.record == wanted.c.record).join(paths, paths.c.id == values.c.path)
        )
        .where(values.c.lead == 1)
        .group_by(values.c.path, paths.c.path)
    )
    return [Spread(path, count, bool(differs)) for path, count, differs in connection.execute(statement)]


def _folded(tails: Sequence[str]) -> list[str]:
    return [f".{tail.lower()}" for tail in tails]
