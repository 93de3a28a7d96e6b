"""Bands: the mean of several runs at each place of the axis, between the lowest and the highest run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from clary.services.context import Document

    from ._curve import SeriesCurve


def band_of(curves: Sequence[SeriesCurve], places: int) -> Document:
    """X, Mean, Min, Max and Runs, each [P], P <= places.

    A run counts with its mean at a place. Between two of its points it is interpolated, outside of them it
    does not count: Runs says how many do.
    """
    finite = [np.isfinite(curve.values) & np.isfinite(curve.x) for curve in curves]
    kept = [
        (curve.x[good].astype(float), curve.values[good])
        for curve, good in zip(curves, finite, strict=True)
        if good.any()
    ]
    if not kept:
        return {member: [] for member in ("X", "Mean", "Min", "Max", "Runs")}
    axis, edges = _places([x for x, _ in kept], places)
    runs = np.array([_on_places(x, values, axis, edges) for x, values in kept])
    there = np.isfinite(runs)
    count = there.sum(axis=0)
    total = np.where(there, runs, 0.0).sum(axis=0)
    some = count > 0
    return {
        "X": axis[some],
        "Mean": total[some] / count[some],
        "Min": np.where(there, runs, np.inf).min(axis=0)[some],
        "Max": np.where(there, runs, -np.inf).max(axis=0)[some],
        "Runs": count[some],
    }


def _places(xs: Sequence[NDArray[Any]], places: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns the positions, and the edges between them: each x of the runs if there are few."""
    if max(len(x) for x in xs) <= places:
        own = np.unique(np.concatenate(xs))
        if len(own) <= places:
            return own, (own[:-1] + own[1:]) / 2
    low, high = min(x[0] for x in xs), max(x[-1] for x in xs)
    edges = np.linspace(low, high, places + 1)
    return (edges[:-1] + edges[1:]) / 2, edges[1:-1]


def _on_places(
    x: NDArray[Any], values: NDArray[Any], axis: NDArray[Any], edges: NDArray[Any]
) -> NDArray[Any]:
    """Returns the mean of a run at each position, NaN before its first and behind its last one."""
    place = np.searchsorted(edges, x, side="right")
    count = np.bincount(place, minlength=len(axis))
    total = np.bincount(place, values, minlength=len(axis))
    known = count > 0
    means: NDArray[Any] = np.interp(axis, axis[known], total[known] / count[known], left=np.nan, right=np.nan)
    return means
