"""Columns of a table that no record has: they are computed from others, or counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.store.link_counts import count_targets
from clary.store.links import LinkKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.store.attribute_index import AttributeTable

DURATION, TRIALS, COMPONENTS = "Duration", "TrialCount", "TrialComponentCount"

COMPUTED: dict[str, tuple[str, ...]] = {
    "experiment": (TRIALS, COMPONENTS),
    "experiment-trial": (COMPONENTS,),
    "experiment-trial-component": (DURATION,),
}
"""Of each kind."""

_WAYS = {
    ("experiment", TRIALS): (LinkKind.TRIAL,),
    ("experiment", COMPONENTS): (LinkKind.TRIAL, LinkKind.COMPONENT),
    ("experiment-trial", COMPONENTS): (LinkKind.COMPONENT,),
}


def computed_values(table: AttributeTable, column: str, ids: Sequence[int], now: float) -> list[float | None]:
    """Returns a column's values, in the order of ``ids``."""
    if column == DURATION:
        return _durations(table, ids, now)
    counts = count_targets(table.connection, ids, _WAYS[table.kind, column])
    return [float(counts.get(each, 0)) for each in ids]


def _durations(table: AttributeTable, ids: Sequence[int], now: float) -> list[float | None]:
    """Seconds from start to end; up to now where a component still runs."""
    columns = table.values(ids, ("StartTime", "EndTime", "Status.PrimaryStatus"))
    found: list[float | None] = []
    for start, end, status in zip(*columns.values(), strict=True):
        until = now if end is None and status in ("InProgress", "Stopping") else end
        known = isinstance(start, float) and isinstance(until, float)
        found.append(max(0.0, until - start) if known else None)
    return found
