"""The inbox: small batches of points wait here until they are folded into their series.

A training loop sends ten points at a time, each of another series. In their series they change two rows
each, on as many pages. Here they are one row, next to that of the batch before, and fifty batches are folded
into their series together.

Waiting points are as durable as those in a series, and every reader of a series includes them.
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
"""Points by number of the host and name of the series, in the order of arrival."""


def put(connection: Connection, owner: str, host: int | None, names: list[str], points: Points) -> int:
    """Adds points, each with the name of its series. Returns how many points of the owner waited before."""
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
    """Whether points of an owner wait."""
    return bool(_WAITS.rows(connection, {"owner": owner}))


def waiting(connection: Connection, owner: str) -> Batch:
    """Returns all waiting points of an owner."""
    batch: Batch = {}
    for host, names, packed in _WAITING.rows(connection, {"owner": owner}):
        add_to(batch, host, orjson.loads(names), unpack(packed))
    return batch


def take(connection: Connection, owner: str) -> Batch:
    """Removes and returns all waiting points of an owner."""
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
