"""Counts what many records are linked to, in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import sqlalchemy as sa

from .dialects import numbers_in
from .schema import links, records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from .links import LinkKind


def count_targets(connection: Connection, ids: Sequence[int], way: Sequence[LinkKind]) -> dict[int, int]:
    """Returns by record id how many different names its links lead to; records without links are left out.

    way: the kinds of links that are followed, one after the other: (TRIAL, COMPONENT) leads from an
    experiment to the components of its trials.
    """
    given = numbers_in(orjson.dumps(list(ids)).decode()).subquery()
    joined = given.join(records, records.c.id == given.c.value)
    end: sa.ColumnElement[str] = records.c.name
    for kind in way:
        step = links.alias()
        joined = joined.join(step, sa.and_(step.c.kind == kind, step.c.source == end))
        end = step.c.target
    statement = sa.select(records.c.id, sa.func.count(sa.distinct(end))).select_from(joined)
    return {record: count for record, count in connection.execute(statement.group_by(records.c.id))}
