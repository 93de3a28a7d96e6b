"""The metric store: batches in, summaries and series out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from clary.domain.errors import Conflict, ValidationError
from clary.store.facets import Facets
from clary.store.prepared import Prepared
from clary.store.schema import metric_sequences, metric_series

from .chunks import insert_rows, new_rows, read_extents, read_points
from .points import Axis, Point, Points
from .reduce import FEWEST, read_reduced
from .summary import Summary, merge, summarize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection, Row

    from clary.store.database import Database


class MetricStore:
    """Series of points by owner (an ARN) and name. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._facets = Facets(database)

    def append(self, owner: str, points: Sequence[Point], *, sequence: tuple[str, int] | None = None) -> int:
        """Adds points, in one transaction. Raises ValidationError when one cannot be kept.

        sequence: (sender, how many of its points came before these). What the sender sent before is
        skipped, so a batch may be repeated, or cut anew, after a crash; a gap raises Conflict, whose
        ``Sequence`` member is where to go on. Returns how many points of the sender are kept now, or
        the number of points without a sequence.
        """
        batch = _by_name(points)
        with self._database.write() as connection:
            if sequence is None:
                _append(connection, owner, batch)
                self._facets.mark(connection, owner)
                return len(points)
            sender, start = sequence
            key = {"owner_": owner, "name_": sender}
            accepted = connection.execute(_ACCEPTED, key).scalar()
            known = 0 if accepted is None else int(accepted)
            if start > known:
                raise Conflict(
                    f"points {known} to {start - 1} of {sender} are missing; go on from {known}",
                    members={"Sequence": known},
                )
            if start + len(points) <= known:
                return known
            if start < known:
                batch = _by_name(points[known - start :])
            _append(connection, owner, batch)
            self._facets.mark(connection, owner)
            kept = start + len(points)
            statement = _FIRST_ACCEPTED if accepted is None else _MORE_ACCEPTED
            connection.execute(statement, {**key, "kept": kept})
            return kept

    def summaries(self, owner: str) -> list[Summary]:
        """Of every series of the owner, in the order of their names. No point is read."""
        with self._database.read() as connection:
            rows = connection.execute(_OF_OWNER, {"owner_": owner})
            return [_summary(row) for row in rows]

    def series(
        self,
        owner: str,
        name: str,
        *,
        x: Axis = "at",
        start: float | None = None,
        end: float | None = None,
        limit: int | None = None,
    ) -> Points:
        """The points with start <= x <= end, by x and then by arrival; empty when there is no such series.

        x: ``at`` (epoch seconds) or ``step``, where points without a step are left out.
        limit: 4 or more; a longer series is reduced to at most that many of its points, among them the
        lowest and the highest, without NaN and the infinities.
        """
        if limit is not None and limit < FEWEST:
            raise ValueError(f"limit is {limit}; a reduced series has at least {FEWEST} points")
        with self._database.read() as connection:
            found = connection.execute(_SERIES_ID, {"owner_": owner, "name_": name}).scalar()
            if found is None:
                return Points()
            if limit is not None:
                return read_reduced(connection, found, x, start, end, limit)
            extents = read_extents(connection, found, x, start, end)
            points = read_points(connection, found, extents, start, end)
        return points.ordered(x)

    def delete_all(self, owner: str) -> None:
        """Every series of the owner, and what is known of its senders."""
        with self._database.write() as connection:
            connection.execute(metric_series.delete().where(metric_series.c.owner == owner))
            connection.execute(metric_sequences.delete().where(metric_sequences.c.owner == owner))
            self._facets.mark(connection, owner)


def _by_name(points: Sequence[Point]) -> dict[str, Points]:
    batch: dict[str, Points] = {}
    for name, at, step, value in points:
        series = batch.get(name)
        if series is None:
            series = batch[name] = Points()
        if not math.isfinite(at):
            raise ValidationError(f"the time of metric {name} is {at}; it has to be in epoch seconds")
        try:
            series.add(at, step, value)
        except OverflowError:
            raise ValidationError(f"step {step} of metric {name} does not fit into 64 bits") from None
    return batch


def _append(connection: Connection, owner: str, batch: dict[str, Points]) -> None:
    if not batch:
        return
    found = connection.execute(_OF_NAMES, {"owner_": owner, "names": list(batch)})
    known = {row.name: row for row in found}
    updates: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for name, points in batch.items():
        summary = summarize(name, points)
        row = known.get(name)
        if row is None:
            start = {"owner": owner, "name": name, "packed": 0, **_columns(summary)}
            series = connection.execute(_INSERT, start).scalar_one()
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


def _columns(summary: Summary) -> dict[str, Any]:
    return {
        "count": summary.count,
        "finite": summary.finite,
        "minimum": summary.minimum,
        "maximum": summary.maximum,
        "last": None if math.isnan(summary.last) else summary.last,
        "last_at": summary.last_at,
        "last_step": summary.last_step,
        "mean": summary.average,
        "m2": summary.m2,
    }


def _summary(row: Row[Any]) -> Summary:
    return Summary(
        name=row.name,
        count=row.points,
        finite=row.finite,
        minimum=row.minimum,
        maximum=row.maximum,
        last=math.nan if row.last is None else row.last,
        last_at=row.last_at,
        last_step=row.last_step,
        average=row.mean,
        m2=row.m2,
    )


_INSERT = metric_series.insert().returning(metric_series.c.id)
# A row is a tuple, which has a ``count`` of its own.
_COLUMNS = [
    column.label("points") if column is metric_series.c.count else column for column in metric_series.c
]
_OF_OWNER = (
    sa.select(*_COLUMNS).where(metric_series.c.owner == sa.bindparam("owner_")).order_by(metric_series.c.name)
)
_OF_NAMES = sa.select(*_COLUMNS).where(
    metric_series.c.owner == sa.bindparam("owner_"),
    metric_series.c.name.in_(sa.bindparam("names", expanding=True)),
)
_SERIES_ID = sa.select(metric_series.c.id).where(
    metric_series.c.owner == sa.bindparam("owner_"), metric_series.c.name == sa.bindparam("name_")
)
_CHANGING = [column.name for column in metric_series.c if column.name not in ("id", "owner", "name")]
_UPDATE = Prepared(
    metric_series.update()
    .where(metric_series.c.id == sa.bindparam("id_"))
    .values({name: sa.bindparam(name) for name in _CHANGING})
)
_OF_SENDER = sa.and_(
    metric_sequences.c.owner == sa.bindparam("owner_"), metric_sequences.c.name == sa.bindparam("name_")
)
_ACCEPTED = sa.select(metric_sequences.c.accepted).where(_OF_SENDER)
_MORE_ACCEPTED = metric_sequences.update().where(_OF_SENDER).values(accepted=sa.bindparam("kept"))
_FIRST_ACCEPTED = metric_sequences.insert().values(
    owner=sa.bindparam("owner_"), name=sa.bindparam("name_"), accepted=sa.bindparam("kept")
)
