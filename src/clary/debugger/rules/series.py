"""A growing series of numbers, and statistics for charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .step import Array

MAX_POINTS = 1_000_000
"""As in AWS's rules, a longer series is cleared. With two points a second, that is after six days."""


class Series:
    """A growing array.

    values: all numbers. fresh: those since ``begin_window``. Both are views, valid until the next ``extend``.
    """

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
        """Begins a new window: ``fresh`` is empty. Clears a series that is too long."""
        if self._size > MAX_POINTS:
            self._size = 0
        self._fresh_from = self._size

    def extend(self, values: Array) -> None:
        """Appends numbers, [N]."""
        needed = self._size + values.size
        if needed > self._buffer.size:
            grown = np.empty(max(needed, 2 * self._buffer.size))
            grown[: self._size] = self.values
            self._buffer = grown
        self._buffer[self._size : needed] = values
        self._size = needed


def box(values: Array) -> dict[str, float]:
    """The quantiles and whiskers of a box plot. values: at least one."""
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
    """A histogram of the finite values: counts, [bins], and edges, [bins + 1]. All values may be equal."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(finite, bins, range=(low, high))
    return counts.tolist(), edges.tolist()
