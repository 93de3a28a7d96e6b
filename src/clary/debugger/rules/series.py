"""A row of numbers that grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .step import Array

MOST_POINTS = 1_000_000
"""As AWS's rules have it: past this a series begins anew, which at two points a second is after six days."""


class Series:
    """``values`` are all, ``fresh`` those since ``begin_window``. Views: good until the next ``extend``."""

    __slots__ = ("_buffer", "_fresh_from", "_size")

    def __init__(self) -> None:
        self._buffer: Array = np.empty(256)
        self._size = 0
        self._fresh_from = 0

    @property
    def values(self) -> Array:
        return self._buffer[: self._size]

    @property
    def fresh(self) -> Array:
        return self._buffer[self._fresh_from : self._size]

    def begin_window(self) -> None:
        if self._size > MOST_POINTS:
            self._size = 0
        self._fresh_from = self._size

    def extend(self, values: Array) -> None:
        needed = self._size + values.size
        if needed > self._buffer.size:
            grown = np.empty(max(needed, 2 * self._buffer.size))
            grown[: self._size] = self.values
            self._buffer = grown
        self._buffer[self._size : needed] = values
        self._size = needed


def box(values: Array) -> dict[str, float]:
    """What a box plot shows of the values."""
    p25, p50, p75, p95 = (float(value) for value in np.quantile(values, (0.25, 0.5, 0.75, 0.95)))
    reach = 1.5 * (p75 - p25)
    return {
        "p25": p25,
        "p50": p50,
        "p75": p75,
        "p95": p95,
        "lower": max(p25 - reach, float(values.min())),
        "upper": min(p75 + reach, float(values.max())),
    }


def binned(values: Array, bins: int) -> tuple[list[int], list[float]]:
    """Counts of finite values, [bins], and edges, [bins + 1]; of values that are all alike too."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(finite, bins, range=(low, high))
    return counts.tolist(), edges.tolist()
