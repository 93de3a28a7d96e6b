"""The row of each series: its owner, its summary, and the index up to which its points are packed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import sqlalchemy as sa

from clary.store.dialects import texts_in
from clary.store.prepared import Prepared
from clary.store.schema import metric_series as table

from .chunks import insert_rows, new_rows
from .inbox import take, waiting
from .summary import Summary, merge, summarize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from .inbox import Batch
    from .points import Points


def fold(connection: Connection, owner: str) -> None:
    """Folds all waiting points of an owner into their series."""
    add(connection, owner, take(connection, owner))


def add(connection: Connection, owner: str, batch: Batch) -> None:
    """Adds points to their series. Earlier points that wait in the inbox must be folded before."""
    if not batch:
        return
    series_of = _joined(batch)
    named = {"owner_": owner, "names": orjson.dumps(list(series_of)).decode()}
    known = {row.name: row for row in map(_SeriesRow._make, _OF_NAMES.rows(connection, named))}
    updates: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for name, (summary, points) in series_of.items():
        row = known.get(name)
        if row is None:
            start = {"owner": owner, "name": name, "packed": 0, **_columns(summary)}
            series = _INSERT.scalar(connection, start)
            first, packed = 0, 0
        else:
            series, first, packed = row.id, row.points, row.packed
            summary = merge(_summary(row), summary)
        added, now_packed = new_rows(connection, series, first, packed, points)
        rows += added
        if row is not None or now_packed:
            updates.append({"id_": series, "packed": now_packed, **_columns(summary)})
    insert_rows(connection, rows)
    if updates:
        _UPDATE.execute_many(connection, updates)


def summaries(connection: Connection, owner: str) -> list[Summary]:
    """Returns the summary of every series of an owner, by name, with waiting points. Writes nothing."""
    rows = _OF_OWNER.rows(connection, {"owner_": owner})
    found = {row.name: _summary(row) for row in map(_SeriesRow._make, rows)}
    for name, (new, _) in _joined(waiting(connection, owner)).items():
        found[name] = merge(found[name], new) if name in found else new
    return [found[name] for name in sorted(found, key=str.encode)]


def summaries_of(connection: Connection, owner: str, names: Sequence[str]) -> dict[str, Summary]:
    """Returns the summaries of some series of an owner by name, without waiting points."""
    named = {"owner_": owner, "names": orjson.dumps(list(names)).decode()}
    return {row[2]: _summary(_SeriesRow._make(row)) for row in _OF_NAMES.rows(connection, named)}


def _joined(batch: Batch) -> dict[str, tuple[Summary, Points]]:
    """Returns, by name of the series, the points of all hosts, one host after another, and their summary."""
    joined: dict[str, tuple[Summary, Points]] = {}
    for host, series in batch.items():
        for name, points in series.items():
            summary = summarize(name, points, host)
            if name in joined:
                before, together = joined[name]
                together.extend(points)
                joined[name] = merge(before, summary), together
            else:
                joined[name] = summary, points
    return joined


def _columns(summary: Summary) -> dict[str, Any]:
    return {
        "count": summary.count,
        "finite": summary.finite,
        "minimum": summary.minimum,
        "maximum": summary.maximum,
        "last": None if math.isnan(summary.last) else summary.last,
        "last_at": summary.last_at,
        "last_step": summary.last_step,
        "last_host": summary.last_host,
        "mean": summary.average,
        "m2": summary.m2,
    }


def _summary(row: _SeriesRow) -> Summary:
    return Summary(
        name=row.name,
        count=row.points,
        finite=row.finite,
        minimum=row.minimum,
        maximum=row.maximum,
        last=math.nan if row.last is None else row.last,
        last_at=row.last_at,
        last_step=row.last_step,
        last_host=row.last_host,
        average=row.mean,
        m2=row.m2,
    )


class _SeriesRow(NamedTuple):
    """The columns of the table, in its order. points: its ``count``, which is a method of tuples."""

    id: int
    owner: str
    name: str
    points: int
    finite: int
    minimum: float | None
    maximum: float | None
    last: float | None
    last_at: float
    last_step: int | None
    last_host: int | None
    mean: float | None
    m2: float
    packed: int


_COLUMNS = [column.name for column in table.c if column.name != "id"]
_INSERT = Prepared(sa.insert(table).returning(table.c.id), _COLUMNS)
_SELECTED = [table.c["count" if name == "points" else name] for name in _SeriesRow._fields]
_OWNED = table.c.owner == sa.bindparam("owner_")
_OF_OWNER = Prepared(sa.select(*_SELECTED).where(_OWNED).order_by(table.c.name))
# The names as one JSON list, so that the statement is the same for any number of them.
_NAMES = sa.select(texts_in(sa.bindparam("names")).c.value)
_OF_NAMES = Prepared(sa.select(*_SELECTED).where(_OWNED, table.c.name.in_(_NAMES)))
_CHANGING = [name for name in _COLUMNS if name not in ("owner", "name")]
_UPDATE = Prepared(
    sa.update(table)
    .where(table.c.id == sa.bindparam("id_"))
    .values({name: sa.bindparam(name) for name in _CHANGING})
)
