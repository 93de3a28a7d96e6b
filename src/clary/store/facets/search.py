"""Searching: which records, in which order, one page at a time.

A record stands in the order by the first value of the path it is sorted by:

    rank 0   a number                by it, then by record
    rank 1   a string                by it, then by record
    rank 2   neither, so it is last  by creation, then by record

Three ways lead to the same page, the first that is cheap enough is taken:

    from the candidates   a part of the expression leaves few records: these are looked up and sorted
    along the index       the index that sorts is walked, and each record is asked; a page is soon full
    with sets             the same, after every part of the expression has become a set of records
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from clary.store.paging import BadToken
from clary.store.schema import facets, records

from .conditions import Conditions, Records, union
from .paths import path_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from clary.store.database import Database

    from .expression import Expression

CREATION = "CreationTime"
"""Every record has one, so this path also stands for all records of a kind."""

FEW = 1_000
"""Candidates that are looked up one by one."""

STRIDE = 2_000
"""Records asked one by one along an index before sets are made."""

LAST_RANK = 2

Position = tuple[int, float, str, int]
"""(rank, number or creation, string, record): where a record stands in an order."""


@dataclass(frozen=True, slots=True)
class Query:
    """expression: None for all records of the kind."""

    kind: str
    expression: Expression | None
    sort_by: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Hit:
    name: str
    arn: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    hits: list[Hit]
    token: str | None


def search(
    database: Database,
    query: Query,
    *,
    limit: int,
    token: str | None = None,
    few: int = FEW,
    stride: int = STRIDE,
) -> Found:
    """One page of at most ``limit`` records, as one moment has them. Raises BadToken."""
    after = None if token is None else _read_token(token, query)
    with database.read() as connection:
        # One transaction, so that every statement below sees the same records.
        connection.exec_driver_sql("BEGIN")
        positions = _Search(connection, query, few, stride).page(limit + 1, after)
        hits = _hits(connection, [position[3] for position in positions[:limit]])
    more = len(positions) > limit
    return Found(hits, _make_token(positions[limit - 1], query) if more else None)


class _Search:
    """One search in one transaction."""

    def __init__(self, connection: Connection, query: Query, few: int, stride: int) -> None:
        self._connection = connection
        self._query = query
        self._few, self._stride = few, stride
        self._conditions = Conditions(connection, query.kind)
        self._sort = path_id(connection, query.kind, query.sort_by)
        self._creation = path_id(connection, query.kind, CREATION)

    def page(self, count: int, after: Position | None) -> list[Position]:
        driver = self._best_driver()
        if driver is not None:
            return self._from_candidates(driver, count, after)
        found: list[Position] = []
        for rank in range(after[0] if after else 0, LAST_RANK + 1):
            if rank == LAST_RANK and not self._any_without_value():
                break
            here = after if after and after[0] == rank else None
            found += self._along_index(rank, count - len(found), here)
            if len(found) == count:
                break
        return found

    def _best_driver(self) -> Records | None:
        """What leaves the fewest candidates, when these are few."""
        best, least = None, self._few + 1
        if self._query.expression is None:
            return None
        for driver in self._conditions.drivers(self._query.expression):
            some = sa.select(union(driver).c.record).limit(least).subquery()
            count = self._connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
            if count < least:
                best, least = driver, count
        return best

    def _from_candidates(self, driver: Records, count: int, after: Position | None) -> list[Position]:
        assert self._query.expression is not None
        candidate = sa.select(union(driver).c.record).distinct().subquery()
        value, creation = facets.alias(), facets.alias()
        # Outer joins, because SQLite keeps their order: from the few candidates to their rows.
        joined = candidate.outerjoin(value, _leading(value, candidate, self._sort)).outerjoin(
            creation, _leading(creation, candidate, self._creation)
        )
        placed = (
            sa.select(
                sa.case((value.c.number.is_not(None), 0), (value.c.string.is_not(None), 1), else_=2).label(
                    "rank"
                ),
                sa.case(
                    (value.c.number.is_not(None), value.c.number),
                    (value.c.string.is_not(None), 0.0),
                    else_=creation.c.number,
                ).label("number"),
                sa.case((value.c.number.is_not(None), ""), else_=sa.func.coalesce(value.c.string, "")).label(
                    "string"
                ),
                candidate.c.record,
            )
            .select_from(joined)
            .where(self._conditions.probe(self._query.expression, candidate.c.record))
            .subquery()
        )
        order = (placed.c.number, placed.c.string, placed.c.record)
        statement = sa.select(placed).order_by(placed.c.rank, *self._directed(order)).limit(count)
        if after is not None:
            later = sa.and_(placed.c.rank == after[0], self._beyond(order, after[1:]))
            statement = statement.where(sa.or_(placed.c.rank > after[0], later))
        rows = self._connection.execute(statement)
        return [(row.rank, row.number, row.string, row.record) for row in rows]

    def _along_index(self, rank: int, count: int, after: Position | None) -> list[Position]:
        path = self._creation if rank == LAST_RANK else self._sort
        if path is None:
            return []
        rows = facets.alias()
        value = rows.c.string if rank == 1 else rows.c.number
        walk = sa.select(value.label("value"), rows.c.record).where(
            rows.c.path == path, value.is_not(None), rows.c.lead == 1
        )
        if rank == 1:
            walk = walk.where(rows.c.number.is_(None))
        order = (value, rows.c.record)
        if after is not None:
            walk = walk.where(self._beyond(order, (after[2] if rank == 1 else after[1], after[3])))
        walk = walk.order_by(*self._directed(order))
        found = self._walked(walk, rows, rank, count)
        if rank == 1:
            return [(1, 0.0, string, record) for string, record in found]
        return [(rank, number, "", record) for number, record in found]

    def _walked(
        self, walk: sa.Select[tuple[Any, int]], rows: sa.FromClause, rank: int, count: int
    ) -> Sequence[tuple[Any, int]]:
        expression = self._query.expression
        if expression is None:
            whole = walk if rank < LAST_RANK else walk.where(self._without_value(rows.c.record))
            return self._connection.execute(whole.limit(count)).all()
        # Most often a few of the first records fill the page.
        for stride in (self._stride // 16, self._stride // 4, self._stride):
            some = walk.limit(stride).subquery()
            asked = sa.select(some).where(self._conditions.probe(expression, some.c.record))
            if rank == LAST_RANK:
                asked = asked.where(self._without_value(some.c.record))
            asked = asked.order_by(*self._directed((some.c.value, some.c.record))).limit(count)
            found = self._connection.execute(asked).all()
            if len(found) == count:
                return found
        whole = walk.where(self._conditions.sets(expression, rows.c.record))
        if rank == LAST_RANK:
            whole = whole.where(self._without_value(rows.c.record))
        return self._connection.execute(whole.limit(count)).all()

    def _any_without_value(self) -> bool:
        return self._sort is None or self._count(self._sort) < self._count(self._creation)

    def _count(self, path: int | None) -> int:
        """How many records have a value at a path."""
        parts = [
            sa.select(sa.func.count().label("count")).where(facets.c.path == path, facets.c.lead == 1, *which)
            for which in (
                [facets.c.number.is_not(None)],
                [facets.c.string.is_not(None), facets.c.number.is_(None)],
            )
        ]
        return sum(self._connection.execute(part).scalar_one() for part in parts)

    def _without_value(self, record: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        if self._sort is None:
            return sa.true()
        value = facets.alias()
        return ~sa.exists().where(value.c.record == record, value.c.path == self._sort, value.c.lead == 1)

    def _directed(self, columns: Sequence[sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
        return [column.desc() if self._query.descending else column.asc() for column in columns]

    def _beyond(
        self, columns: Sequence[sa.ColumnElement[Any]], last: Sequence[Any]
    ) -> sa.ColumnElement[bool]:
        here, there = sa.tuple_(*columns), sa.tuple_(*[sa.literal(value) for value in last])
        return here < there if self._query.descending else here > there


def _leading(rows: sa.FromClause, candidate: sa.FromClause, path: int | None) -> sa.ColumnElement[bool]:
    """That a row is the candidate's first at a path; of no row when nobody has the path."""
    if path is None:
        return sa.false()
    return sa.and_(rows.c.record == candidate.c.record, rows.c.path == path, rows.c.lead == 1)


def _hits(connection: Connection, ids: list[int]) -> list[Hit]:
    """In the order of ``ids``."""
    statement = sa.select(records.c.id, records.c.name, records.c.arn, records.c.document)
    found = {row.id: row for row in connection.execute(statement.where(records.c.id.in_(ids)))}
    return [Hit(found[id].name, found[id].arn, orjson.loads(found[id].document)) for id in ids]


def _make_token(position: Position, query: Query) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([_fingerprint(query), *position])).decode()


def _read_token(token: str, query: Query) -> Position:
    try:
        fingerprint, rank, number, string, record = orjson.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, binascii.Error):
        raise BadToken("it is not one of ours") from None
    if fingerprint != _fingerprint(query):
        raise BadToken("it belongs to another search")
    return rank, number, string, record


def _fingerprint(query: Query) -> str:
    return hashlib.blake2b(repr(query).encode(), digest_size=9).hexdigest()
