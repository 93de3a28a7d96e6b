"""Finds one page of the records that satisfy an expression, in order.

Records are sorted by the first value of the sort path:

    rank 0   the value is a number   by the number, then by record id
    rank 1   the value is a string   by the string, then by record id
    rank 2   no value: always last   by creation, then by record id

There are three plans with the same result. The first one that is cheap enough is used:

    candidates        a part of the expression leaves few records: these are tested and sorted
    scan of an index  the index of the sort path is scanned and each record is tested, until the page is full
    bitmap            as before, but the expression is evaluated first, for all records (``bitmap.py``)
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
from clary.store.schema import attribute_values as table
from clary.store.schema import records

from .bitmap import BitmapBuilder, RecordBitmap, given, ids, is_in
from .conditions import Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from clary.store.database import Database

    from .expression import Expression

CREATION = "CreationTime"
"""Every record has this path, so its rows stand for all records of a kind."""

FEW = 1_000
"""At most so many records are looked up one by one; for more, indexes are scanned."""

ENOUGH = 100
"""When a part of the expression leaves at most so many candidates, no other part is tried."""

STRIDE = 1_000
"""Records of an index that are tested one by one before a bitmap is built."""

LAST_RANK = 2

Position = tuple[int, float, str, int]
"""(rank, number or creation time, string, record id): the position of a record in an order."""


@dataclass(frozen=True, slots=True)
class Query:
    """expression: None for all records of the kind."""

    kind: str
    expression: Expression | None
    sort_by: str
    descending: bool


@dataclass(frozen=True, slots=True)
class FoundRecord:
    name: str
    arn: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SearchPage:
    records: list[FoundRecord]
    token: str | None


def search(
    database: Database,
    query: Query,
    *,
    limit: int,
    token: str | None = None,
    few: int = FEW,
    stride: int = STRIDE,
) -> SearchPage:
    """Returns one page of at most ``limit`` records, from one consistent state. Raises BadToken."""
    after = None if token is None else _read_token(token, query)
    with database.snapshot() as connection:
        positions = _Search(connection, query, few, stride).page(limit + 1, after)
        found = _records_of(connection, [position[3] for position in positions[:limit]])
    more = len(positions) > limit
    return SearchPage(found, _make_token(positions[limit - 1], query) if more else None)


class _Search:
    """One search in one transaction."""

    def __init__(self, connection: Connection, query: Query, few: int, stride: int) -> None:
        self._connection = connection
        self._query = query
        self._few, self._stride = few, stride
        self._conditions = Conditions(connection, query.kind)
        self._sort = self._conditions.path_id(query.sort_by)
        self._creation = self._conditions.path_id(CREATION)
        self._bitmap: RecordBitmap | None = None

    def page(self, count: int, after: Position | None) -> list[Position]:
        candidates = self._candidates()
        if candidates is not None:
            return self._from_candidates(candidates, count, after)
        found: list[Position] = []
        for rank in range(after[0] if after else 0, LAST_RANK + 1):
            if self._bitmap is not None and 1 not in self._bitmap:
                break
            if rank == LAST_RANK and not self._any_without_value():
                break
            here = after if after and after[0] == rank else None
            found += self._along_index(rank, count - len(found), here)
            if len(found) == count:
                break
        return found

    def _candidates(self) -> set[int] | None:
        """Returns all records that satisfy the expression, and maybe others; None when there are many."""
        best: set[int] | None = None
        if self._query.expression is None:
            return None
        for driver in self._conditions.drivers(self._query.expression):
            least = self._few if best is None else len(best) - 1
            some: list[int] = []
            for select in driver:
                some += ids(self._connection, select.limit(least + 1))
            # Rows are counted, not records: a record that is found twice may have displaced another one.
            if len(some) <= least:
                best = set(some)
            if best is not None and len(best) <= ENOUGH:
                break
        return best

    def _from_candidates(self, candidates: set[int], count: int, after: Position | None) -> list[Position]:
        assert self._query.expression is not None
        candidate = given(candidates)
        value, creation = _VALUE, _CREATION
        # Outer joins, because SQLite keeps their order: from the few candidates to their rows. A path that no
        # record has is not joined: with an ON that is never true SQLite reads all rows.
        joined: sa.FromClause = candidate
        number: sa.ColumnElement[Any] = sa.null()
        string: sa.ColumnElement[Any] = sa.null()
        if self._sort is not None:
            joined = joined.outerjoin(value, _leading(value, candidate, self._sort))
            number, string = value.c.number, value.c.string
        joined = joined.outerjoin(creation, _leading(creation, candidate, self._creation))
        placed = (
            sa.select(
                sa.case((number.is_not(None), 0), (string.is_not(None), 1), else_=2).label("rank"),
                sa.case(
                    (number.is_not(None), number), (string.is_not(None), 0.0), else_=creation.c.number
                ).label("number"),
                sa.case((number.is_not(None), ""), else_=sa.func.coalesce(string, "")).label("string"),
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
        rows = _WALK
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
        # Usually the page is full after a few records.
        for stride in () if self._bitmap is not None else (self._stride // 8, self._stride):
            some = walk.limit(stride).subquery()
            asked = sa.select(some).where(self._conditions.probe(expression, some.c.record))
            if rank == LAST_RANK:
                asked = asked.where(self._without_value(some.c.record))
            asked = asked.order_by(*self._directed((some.c.value, some.c.record))).limit(count)
            found = self._connection.execute(asked).all()
            if len(found) == count:
                return found
        if 1 not in self._matching(expression):
            return []
        whole = walk.where(is_in(self._matching(expression), rows.c.record))
        if rank == LAST_RANK:
            whole = whole.where(self._without_value(rows.c.record))
        return self._connection.execute(whole.limit(count)).all()

    def _matching(self, expression: Expression) -> RecordBitmap:
        """Built once, for all ranks."""
        if self._bitmap is None:
            builder = BitmapBuilder.of(self._connection, self._conditions, self._few)
            self._bitmap = builder.matching(expression)
        return self._bitmap

    def _any_without_value(self) -> bool:
        return self._sort is None or self._count(self._sort) < self._count(self._creation)

    def _count(self, path: int | None) -> int:
        """Counts the records that have a value at a path."""
        parts = [
            sa.select(sa.func.count().label("count")).where(table.c.path == path, table.c.lead == 1, *which)
            for which in (
                [table.c.number.is_not(None)],
                [table.c.string.is_not(None), table.c.number.is_(None)],
            )
        ]
        return sum(self._connection.execute(part).scalar_one() for part in parts)

    def _without_value(self, record: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        if self._sort is None:
            return sa.true()
        value = _VALUE
        return ~sa.exists().where(value.c.record == record, value.c.path == self._sort, value.c.lead == 1)

    def _directed(self, columns: Sequence[sa.ColumnElement[Any]]) -> list[sa.ColumnElement[Any]]:
        return [column.desc() if self._query.descending else column.asc() for column in columns]

    def _beyond(
        self, columns: Sequence[sa.ColumnElement[Any]], last: Sequence[Any]
    ) -> sa.ColumnElement[bool]:
        here, there = sa.tuple_(*columns), sa.tuple_(*[sa.literal(value) for value in last])
        return here < there if self._query.descending else here > there


_WALK, _VALUE, _CREATION = (table.alias(f"attribute_{name}") for name in ("walk", "value", "creation"))


def _leading(rows: sa.FromClause, candidate: sa.FromClause, path: int | None) -> sa.ColumnElement[bool]:
    """Builds the condition that a row has the candidate's first value of a path."""
    return sa.and_(rows.c.record == candidate.c.record, rows.c.path == path, rows.c.lead == 1)


def _records_of(connection: Connection, ids: list[int]) -> list[FoundRecord]:
    """Reads records, in the order of ``ids``."""
    statement = sa.select(records.c.id, records.c.name, records.c.arn, records.c.document)
    found = {row.id: row for row in connection.execute(statement.where(records.c.id.in_(ids)))}
    return [FoundRecord(found[id].name, found[id].arn, orjson.loads(found[id].document)) for id in ids]


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
