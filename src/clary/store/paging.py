"""Pages the records of a List operation; all of them use this module.

The next page begins behind the last row of a page, not after a number of rows, so rows that are inserted or
deleted between two pages neither repeat nor hide others. The token has the sort value and the id of that
row. It belongs to one query: a token of another query is refused.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from .dialects import member, place_in
from .schema import records as table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .database import Database


class BadToken(ValueError):
    """A page token that is not of this query."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What to list. Instants are epoch seconds; None means no bound.

    sort_by: one of ``name``, ``created_at``, ``modified_at``, ``status``.
    members: equality on top-level members of the document.
    members_contain: texts that top-level members contain, in upper or lower case.
    names: a query of names; only records with these names are listed.
    """

    kind: str
    sort_by: str = "created_at"
    descending: bool = True
    name_contains: str = ""
    statuses: Sequence[str] = ()
    created_after: float | None = None
    created_before: float | None = None
    modified_after: float | None = None
    modified_before: float | None = None
    members: tuple[tuple[str, str], ...] = ()
    members_contain: tuple[tuple[str, str], ...] = ()
    names: sa.Select[tuple[str]] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    documents: list[dict[str, Any]]
    token: str | None


def page(database: Database, query: ListQuery, *, limit: int, token: str | None = None) -> Page:
    """Returns one page of at most ``limit`` documents. Raises BadToken."""
    column = table.c[query.sort_by]
    statement = sa.select(table.c.document, column, table.c.id).where(*_conditions(query))
    if token is not None:
        value, row = _read_token(token, query)
        statement = statement.where(_after(column, value, row, query.descending))
    direction = sa.desc if query.descending else sa.asc
    statement = statement.order_by(direction(column), direction(table.c.id)).limit(limit + 1)
    with database.read() as connection:
        rows = connection.execute(statement).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(
        documents=[orjson.loads(row[0]) for row in rows],
        token=_make_token(rows[-1][1], rows[-1][2], query) if more and rows else None,
    )


def _conditions(query: ListQuery) -> list[sa.ColumnElement[bool]]:
    conditions = [table.c.kind == query.kind]
    if query.name_contains:
        conditions.append(place_in(sa.func.lower(table.c.name), query.name_contains.lower()) > 0)
    if query.statuses:
        conditions.append(table.c.status.in_(query.statuses))
    for bound, condition in (
        (query.created_after, table.c.created_at > (query.created_after or 0.0)),
        (query.created_before, table.c.created_at < (query.created_before or 0.0)),
        (query.modified_after, table.c.modified_at > (query.modified_after or 0.0)),
        (query.modified_before, table.c.modified_at < (query.modified_before or 0.0)),
    ):
        if bound is not None:
            conditions.append(condition)
    if query.names is not None:
        conditions.append(table.c.name.in_(query.names))
    conditions += [member(table.c.document, name) == value for name, value in query.members]
    conditions += [
        place_in(sa.func.lower(member(table.c.document, name)), text.lower()) > 0
        for name, text in query.members_contain
    ]
    return conditions


def _after(column: sa.ColumnElement[Any], value: Any, row: int, descending: bool) -> sa.ColumnElement[bool]:
    position, last = sa.tuple_(column, table.c.id), sa.tuple_(sa.literal(value), sa.literal(row))
    return position < last if descending else position > last


def _make_token(value: Any, row: int, query: ListQuery) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([_fingerprint(query), value, row])).decode()


def _read_token(token: str, query: ListQuery) -> tuple[Any, int]:
    try:
        fingerprint, value, row = orjson.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, binascii.Error):
        raise BadToken("the token is not one of ours") from None
    if (
        fingerprint != _fingerprint(query)
        or not isinstance(row, int)
        or not isinstance(value, str | float | int)
    ):
        raise BadToken("the token belongs to another list")
    return value, row


def _fingerprint(query: ListQuery) -> str:
    return f"{query.kind}/{query.sort_by}/{'desc' if query.descending else 'asc'}"
