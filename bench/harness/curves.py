"""The same metric curves for Clary and its peers: 100 runs of 100,000 points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUNS, POINTS = 100, 100_000
METRIC = "loss"
BEGAN_AT = 1_790_000_000.0
STEP_S = 0.01


def loss_curve(run: int, points: int = POINTS) -> NDArray[np.float64]:
    """The values of steps 0, 1, ...: a loss that falls to a level of the run's own, with noise."""
    numbers = np.random.default_rng(run)
    steps = np.arange(points)
    level, pace = 0.1 + 0.4 * numbers.random(), points / (3 + 9 * numbers.random())
    values: NDArray[np.float64] = level + 2 * np.exp(-steps / pace) + numbers.normal(0, 0.05, points)
    return values


def instants(points: int = POINTS) -> NDArray[np.float64]:
    """Epoch seconds of the steps."""
    return BEGAN_AT + STEP_S * np.arange(points)
