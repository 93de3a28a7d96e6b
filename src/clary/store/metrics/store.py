"""The metric store: appends batches of points, and reads summaries and series."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import sqlalchemy as sa

from clary.domain.errors import Conflict, ValidationError
from clary.store.attribute_index import AttributeIndex
from clary.store.dialects import NUL_SIGN
from clary.store.prepared import Prepared
from clary.store.schema import metric_chunks, metric_inbox, metric_sequences, metric_series
from clary.store.series import inbox, rows
from clary.store.series.chunks import FULL, read_extents, read_points
from clary.store.series.points import Axis, Point, Points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection

    from clary.store.database import Database
    from clary.store.series.summary import Summary

FEWEST = 4
"""The fewest points of a chart: those of one bucket, and the two ends."""

NAMES_AT_ONCE = 500
SMALL = 100
"""A batch of fewer points waits in the inbox, and is folded into its series with others."""


class MetricStore:
    """Series of points by owner (an ARN) and name. Safe to use from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._attribute_index = AttributeIndex(database)

    def append(
        self,
        owner: str,
        points: Sequence[Point],
        *,
        sequence: tuple[str, int] | None = None,
        host: int | None = None,
    ) -> int:
        """Appends points in one transaction. Raises ValidationError when one cannot be stored.

        host: the number of the host that measured them; the last value of a series is that of the lowest
        number. sequence: (sender, how many of its points came before these). Points that the sender has sent
        before are skipped, so it may repeat a batch, or cut it differently, after a crash. A gap raises
        Conflict with the member ``Sequence``, where the sender continues. Returns how many points of the
        sender are stored now, or without a sequence the number of points.
        """
        names, columns = _columns(points)
        with self._database.write() as connection:
            if sequence is None:
                self._keep(connection, owner, host, names, columns)
                return len(points)
            sender, start = sequence
            key = {"owner_": owner, "name_": sender}
            accepted = _ACCEPTED.scalar(connection, key)
            known = 0 if accepted is None else int(accepted)
            if start > known:
                raise Conflict(
                    f"points {known} to {start - 1} of {sender} are missing; go on from {known}",
                    members={"Sequence": known},
                )
            if start + len(points) <= known:
                return known
            self._keep(connection, owner, host, names[known - start :], columns[known - start :])
            kept = start + len(points)
            statement = _FIRST_ACCEPTED if accepted is None else _MORE_ACCEPTED
            statement.execute(connection, {**key, "kept": kept})
            return kept

    def summaries(self, owner: str) -> list[Summary]:
        """Returns the summary of every series of an owner, by name. Reads at most 512 points."""
        with self._database.read() as connection:
            return rows.summaries(connection, owner)

    def summaries_of(self, owner: str, names: Sequence[str]) -> dict[str, Summary]:
        """Returns the summaries of some series of an owner by name, without those that do not exist."""
        self._fold(owner)
        with self._database.read() as connection:
            return rows.summaries_of(connection, owner, names)

    def began_at(self, owner: str, name: str) -> float | None:
        """Returns the time of the earliest point of a series; None without the series."""
        self._fold(owner)
        with self._database.read() as connection:
            found = _SERIES_ID.scalar(connection, {"owner_": owner, "name_": name})
            began_at = None if found is None else _BEGAN_AT.scalar(connection, {"series_": found})
        return None if began_at is None else float(began_at)

    def sample(
        self, owner: str, name: str, *, x: Axis, start: float | None, end: float | None, most: int
    ) -> tuple[Points, bool]:
        """Returns the points with start <= x <= end by x, and whether these are all.

        most: about how many. Of a longer series, some chunks of neighbouring points are read, evenly chosen.
        """
        self._fold(owner)
        with self._database.read() as connection:
            found = _SERIES_ID.scalar(connection, {"owner_": owner, "name_": name})
            extents = [] if found is None else read_extents(connection, found, x, start, end)
            count = sum(extent.count for extent in extents)
            if found is None or count <= most:
                return read_points(connection, found or 0, extents, start, end).ordered(x), True
            points = read_points(connection, found, extents[:: -(-count // most)], start, end)
        return points.ordered(x), False

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
        """Returns the points with start <= x <= end, by x and then by arrival; empty without the series.

        x: ``at`` (epoch seconds) or ``step``, which leaves out points without a step.
        limit: 4 or more; a longer series is reduced to so many points, with the lowest and the highest. NaN
        and the infinities are left out, but for the ends of a long stretch that has nothing else.
        """
        if limit is not None and limit < FEWEST:
            raise ValueError(f"limit is {limit}; a reduced series has at least {FEWEST} points")
        self._fold(owner)
        with self._database.read() as connection:
            found = _SERIES_ID.scalar(connection, {"owner_": owner, "name_": name})
            if found is None:
                return Points()
            if limit is not None:
                # It imports numpy, which takes 80 ms: a server that draws no chart starts without it.
                from .reduce import read_reduced

                return read_reduced(connection, found, x, start, end, limit)
            extents = read_extents(connection, found, x, start, end)
            points = read_points(connection, found, extents, start, end)
        return points.ordered(x)

    def names(
        self,
        owners: str,
        *,
        whole: bool = False,
        after: tuple[str, str] = ("", ""),
        name: str | None = None,
        active_since: float | None = None,
    ) -> Iterator[tuple[str, str]]:
        """Yields (owner, name) of every series, sorted, after ``after``.

        owners: a prefix of the owners' ARNs, or with ``whole`` an ARN. active_since: only series with a point
        at that time or later.
        """
        end = owners if whole else owners + chr(0x10FFFF)
        with self._database.read() as connection:
            waiting = connection.execute(
                sa.select(metric_inbox.c.owner).where(metric_inbox.c.owner.between(owners, end)).distinct()
            ).scalars()
            unfolded = list(waiting)
        for owner in unfolded:
            self._fold(owner)
        series = metric_series.c
        statement = sa.select(series.owner, series.name).where(series.owner.between(owners, end))
        if name is not None:
            statement = statement.where(series.name == name)
        if active_since is not None:
            statement = statement.where(
                sa.or_(series.last_at >= active_since, _has_point_since(active_since))
            )
        statement = statement.order_by(series.owner, series.name).limit(NAMES_AT_ONCE)
        while True:
            place = sa.tuple_(sa.literal(after[0]), sa.literal(after[1]))
            with self._database.read() as connection:
                found = connection.execute(
                    statement.where(sa.tuple_(series.owner, series.name) > place)
                ).all()
            for row in found:
                yield row.owner, row.name
            if len(found) < NAMES_AT_ONCE:
                return
            after = (found[-1].owner, found[-1].name)

    def delete_all(self, owner: str) -> None:
        """Removes every series of an owner and of what is below it, and the sequences of its senders."""
        with self._database.write() as connection:
            below = {"owner_": owner, "from_": f"{owner}/", "until_": f"{owner}0"}
            removed = [each.execute(connection, below).rowcount for each in _REMOVE_ALL]
            if any(removed):
                self._attribute_index.mark(connection, owner)

    def _keep(
        self, connection: Connection, owner: str, host: int | None, names: list[str], points: Points
    ) -> None:
        if not names:
            return
        if len(names) < SMALL:
            before = inbox.put(connection, owner, host, names, points)
            # The refresh that removes the mark folds all points of the owner that wait: one mark is enough.
            if before == 0:
                self._attribute_index.mark(connection, owner)
            if before + len(names) >= FULL:
                rows.fold(connection, owner)
            return
        batch = inbox.take(connection, owner)
        inbox.add_to(batch, host, names, points)
        rows.add(connection, owner, batch)
        self._attribute_index.mark(connection, owner)

    def _fold(self, owner: str) -> None:
        """Folds the waiting points of an owner into their series."""
        with self._database.read() as connection:
            waits = inbox.waits(connection, owner)
        if waits:
            with self._database.write() as connection:
                rows.fold(connection, owner)


def _has_point_since(at: float) -> sa.Exists:
    """Builds the condition that a series has a point since a time, of any host (``last_at`` is of one)."""
    chunks = metric_chunks.c
    return sa.exists().where(chunks.series == metric_series.c.id, chunks.end_at >= at)


def _columns(points: Sequence[Point]) -> tuple[list[str], Points]:
    columns = Points()
    names: list[str] = []
    for name, at, step, value in points:
        if not math.isfinite(at):
            raise ValidationError(f"the time of metric {name} is {at}; it has to be in epoch seconds")
        try:
            columns.add(at, step, value)
        except OverflowError:
            raise ValidationError(f"step {step} of metric {name} does not fit into 64 bits") from None
        # Names go through JSON, where SQLite ends a text at this character, and PostgreSQL has none.
        names.append(name.replace("\0", NUL_SIGN) if "\0" in name else name)
    return names, columns


_SERIES_ID = Prepared(
    sa.select(metric_series.c.id).where(
        metric_series.c.owner == sa.bindparam("owner_"), metric_series.c.name == sa.bindparam("name_")
    )
)
_BEGAN_AT = Prepared(
    sa.select(sa.func.min(metric_chunks.c.start_at)).where(metric_chunks.c.series == sa.bindparam("series_"))
)
_REMOVE_ALL = [
    Prepared(
        table.delete().where(
            sa.or_(
                table.c.owner == sa.bindparam("owner_"),
                # "0" is the character after "/".
                sa.and_(table.c.owner > sa.bindparam("from_"), table.c.owner < sa.bindparam("until_")),
            )
        )
    )
    for table in (metric_inbox, metric_series, metric_sequences)
]
_OF_SENDER = sa.and_(
    metric_sequences.c.owner == sa.bindparam("owner_"), metric_sequences.c.name == sa.bindparam("name_")
)
_ACCEPTED = Prepared(sa.select(metric_sequences.c.accepted).where(_OF_SENDER))
_MORE_ACCEPTED = Prepared(metric_sequences.update().where(_OF_SENDER).values(accepted=sa.bindparam("kept")))
_FIRST_ACCEPTED = Prepared(
    metric_sequences.insert().values(
        owner=sa.bindparam("owner_"), name=sa.bindparam("name_"), accepted=sa.bindparam("kept")
    )
)
