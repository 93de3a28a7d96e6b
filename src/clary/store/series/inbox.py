"""Small batches on their way into their series.

A training loop sends ten points at a time, each of another series. Brought to their series at once they
change two rows each, in as many pages; here they are one row beside the one of the batch before, and what
they cost in their series is shared by the fifty batches that are folded into it together.

What waits here is as durable as what lies in a series, and whoever reads a series counts it in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import sqlalchemy as sa

from clary.store.prepared import Prepared
from clary.store.schema import metric_inbox as table

from .points import Points, pack, unpack

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Batch = dict[int | None, dict[str, Points]]
"""Points by the number of their host and the name of their series, in the order of arrival."""


def put(connection: Connection, owner: str, host: int | None, names: list[str], points: Points) -> int:
    """Keeps points, each of the series of that name. Returns how many of the owner wait before them."""
    row = {
        "owner": owner,
        "host": host,
        "count": len(points),
        "names": orjson.dumps(names),
        "points": pack(points),
    }
    ((first,),) = _PUT.rows(connection, row)
    return int(first)


def waits(connection: Connection, owner: str) -> bool:
    """Whether anything does."""
    return bool(_WAITS.rows(connection, {"owner": owner}))


def waiting(connection: Connection, owner: str) -> Batch:
    """What waits of an owner."""
    batch: Batch = {}
    for host, names, packed in _WAITING.rows(connection, {"owner": owner}):
        add_to(batch, host, orjson.loads(names), unpack(packed))
    return batch


def take(connection: Connection, owner: str) -> Batch:
    """The same, and it waits no longer."""
    batch = waiting(connection, owner)
    if batch:
        _REMOVE.execute(connection, {"owner_": owner})
    return batch


def add_to(batch: Batch, host: int | None, names: list[str], points: Points) -> None:
    of_host = batch.setdefault(host, {})
    for name, at, step, value in zip(names, points.at, points.step, points.value, strict=True):
        series = of_host.get(name)
        if series is None:
            series = of_host[name] = Points()
        series.at.append(at)
        series.step.append(step)
        series.value.append(value)


_ONE, _NONE = sa.literal_column("1", sa.Integer), sa.literal_column("0", sa.Integer)
_before = table.alias()
_OWNER = sa.bindparam("owner", type_=sa.String)
_ARRIVED = (
    sa.select(_before.c.first + _before.c.count)
    .where(_before.c.owner == _OWNER)
    .order_by(_before.c.first.desc())
    .limit(_ONE)
    .offset(_NONE)
    .scalar_subquery()
)
_PUT = Prepared(
    sa.insert(table)
    .values(
        owner=_OWNER,
        first=sa.func.coalesce(_ARRIVED, _NONE),
        host=sa.bindparam("host"),
        count=sa.bindparam("count"),
        names=sa.bindparam("names"),
        points=sa.bindparam("points"),
    )
    .returning(table.c.first)
)
_WAITS = Prepared(sa.select(table.c.first).where(table.c.owner == _OWNER).limit(_ONE).offset(_NONE))
_WAITING = Prepared(
    sa.select(table.c.host, table.c.names, table.c.points)
    .where(table.c.owner == _OWNER)
    .order_by(table.c.first)
)
_REMOVE = Prepared(sa.delete(table).where(table.c.owner == sa.bindparam("owner_")))
