"""Reads the values of the series that a kind wants to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from clary.store.metrics import MetricStore

    SeriesValues = Mapping[tuple[str, str], Sequence[float]]

MOST_POINTS = 10_000
"""Of a longer series, points are left out evenly: it is read once a second."""


def series_seen(metrics: MetricStore, wanted: Iterable[tuple[str, str]]) -> SeriesValues:
    """The values of each series in the order of time, by its owner and name. It reads the disk."""
    return {
        (owner, name): metrics.sample(owner, name, x="at", start=None, end=None, most=MOST_POINTS)[0].value
        for owner, name in wanted
    }
