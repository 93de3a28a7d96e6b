"""Functions with known minima, by which searches are compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from clary.kinds.hyper_parameter_tuning_job.search import Categories, Numbers, Parameter, Scale, Value

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

_A = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_P = (
    (1312, 1696, 5569, 124, 8283, 5886),
    (2329, 4135, 8307, 3736, 1004, 9991),
    (2348, 1451, 3522, 2883, 3047, 6650),
    (4047, 8828, 8732, 5743, 1091, 381),
)
_WEIGHTS = (1.0, 1.2, 3.0, 3.2)
NOISE = 0.05
"""Of the noisy function: the standard deviation, as a share of the value."""


@dataclass(frozen=True, slots=True)
class ObjectiveFunction:
    """A function to be minimized. trials: how many a search gets. lowest: its minimum."""

    name: str
    space: tuple[Parameter, ...]
    value: Callable[[Mapping[str, Value], random.Random], float]
    trials: int
    lowest: float


def _branin(values: Mapping[str, Value], _: random.Random) -> float:
    x, y = float(values["x0"]), float(values["x1"])
    valley = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def _hartmann(values: Mapping[str, Value], _: random.Random) -> float:
    x = [float(values[f"x{axis}"]) for axis in range(6)]
    return -sum(
        weight * math.exp(-sum(a * (each - p / 10_000) ** 2 for a, p, each in zip(row, peak, x, strict=True)))
        for weight, row, peak in zip(_WEIGHTS, _A, _P, strict=True)
    )


def _rosenbrock(values: Mapping[str, Value], noise: random.Random) -> float:
    x = [float(values[f"x{axis}"]) for axis in range(4)]
    exact = sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))
    return exact * (1 + NOISE * noise.gauss(0, 1))


def _mixed(values: Mapping[str, Value], _: random.Random) -> float:
    """As a network might behave: each optimizer has another best learning rate."""
    penalty = {"adam": 0.0, "sgd": 0.6, "rms": 0.3, "ada": 0.5}[str(values["optimizer"])]
    best = {"adam": -3.0, "sgd": -1.0, "rms": -3.5, "ada": -2.0}[str(values["optimizer"])]
    return (
        penalty
        + 0.5 * (math.log10(float(values["rate"])) - best) ** 2
        + 0.08 * abs(int(values["layers"]) - 4)
        + (0.0 if values["activation"] == "relu" else 0.15)
        + 2 * (float(values["dropout"]) - 0.3) ** 2
    )


def _reals(count: int, low: float, high: float) -> tuple[Parameter, ...]:
    return tuple(Numbers(f"x{axis}", low, high, Scale.LINEAR, whole=False) for axis in range(count))


FUNCTIONS = (
    ObjectiveFunction(
        "Branin",
        (
            Numbers("x0", -5, 10, Scale.LINEAR, whole=False),
            Numbers("x1", 0, 15, Scale.LINEAR, whole=False),
        ),
        _branin,
        50,
        0.397887,
    ),
    ObjectiveFunction("Hartmann 6", _reals(6, 0, 1), _hartmann, 80, -3.32237),
    ObjectiveFunction("noisy Rosenbrock 4", _reals(4, -2, 2), _rosenbrock, 80, 0.0),
    ObjectiveFunction(
        "categories and numbers",
        (
            Categories("optimizer", ("adam", "sgd", "rms", "ada")),
            Categories("activation", ("relu", "tanh", "sigmoid")),
            Numbers("rate", 1e-6, 1, Scale.LOGARITHMIC, whole=False),
            Numbers("layers", 1, 12, Scale.LINEAR, whole=True),
            Numbers("dropout", 0, 0.9, Scale.LINEAR, whole=False),
        ),
        _mixed,
        50,
        0.0,
    ),
)
