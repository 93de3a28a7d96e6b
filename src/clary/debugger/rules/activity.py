"""Measures how many units of a layer are inactive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .step import Array


def idle_share(active: Array, *, below_percent: float) -> float:
    """The percentage of units that are active in less than ``below_percent`` of samples and positions.

    active: bool, [N, C, ...positions] with channels on axis 1, [N, U], or [U] for one sample.
    """
    if active.ndim < 2:
        active = active.reshape(1, -1)
    over = tuple(axis for axis in range(active.ndim) if axis != 1)
    percent = np.count_nonzero(active, axis=over) * (100.0 / values_per_unit(active))
    return float(np.mean(percent < below_percent) * 100.0)


def values_per_unit(activation: Array) -> int:
    """The number of values per unit: samples times positions. The axes are those of ``idle_share``."""
    return 1 if activation.ndim < 2 else activation.size // activation.shape[1]
