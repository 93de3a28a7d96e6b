"""Describes over- and underfitting of a boosted training, from the curves of its metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HIGHER_IS_BETTER = ("auc", "aucpr", "map", "ndcg", "pre", "accuracy", "f1", "ams")
COUNTING = (*HIGHER_IS_BETTER, "error", "merror")
"""Metrics that count right and wrong answers: they may not change although the model still improves."""
NEAR_THE_END = 0.8
WORSE = 0.01
"""The metric got worse if it lost this share of its improvement again; less is noise."""
ONE_SET = "Only one set of metrics was saved; give a validation channel to see over- and underfitting."


@dataclass(frozen=True, slots=True)
class _Curve:
    name: str
    rounds: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def kind(self) -> str:
        """The metric without the data set and options: ``auc`` of ``validation-auc``."""
        return self.name.rpartition("-")[2].partition("@")[0]

    @property
    def better(self) -> int:
        """1 if higher values are better, else -1."""
        return 1 if self.kind in HIGHER_IS_BETTER else -1

    @property
    def best(self) -> int:
        return int(np.argmax(np.array(self.values) * self.better))

    @property
    def got_worse(self) -> bool:
        gained = abs(self.values[self.best] - self.values[0])
        lost = (self.values[self.best] - self.values[-1]) * self.better
        return lost > WORSE * (gained or abs(self.values[self.best]))

    @property
    def best_text(self) -> str:
        return f"{self.name} was {self.values[self.best]:.5g} in round {self.rounds[self.best]}"


def comment(metrics: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """One or two sentences about the validation metrics. The loss decides if there is one.

    metrics: by name, (round, value) of each round. Other metrics are mentioned if their best round differs.
    """
    training = [name for name in metrics if name.startswith("train-")]
    curves = [_curve(name, points) for name, points in metrics.items() if name not in training]
    known = sorted((curve for curve in curves if curve is not None), key=lambda curve: curve.kind in COUNTING)
    if not training or not known:
        return ONE_SET
    deciding, *others = known
    text = f"The best {deciding.best_text}, {_assessment(deciding)}"
    differing = [curve for curve in others if curve.rounds[curve.best] != deciding.rounds[deciding.best]]
    if differing:
        text += f" Of the others, the best {', '.join(curve.best_text for curve in differing)}."
    return text


def _assessment(curve: _Curve) -> str:
    if curve.best >= NEAR_THE_END * (len(curve.values) - 1):
        return "near the end: more rounds may still help."
    if curve.got_worse:
        return (
            f"and it has got worse since, to {curve.values[-1]:.5g} in round {curve.rounds[-1]}: the model "
            "overfits from there on; stop earlier."
        )
    return "and it has hardly changed since: more rounds bring nothing."


def _curve(name: str, points: Sequence[tuple[int, float]]) -> _Curve | None:
    """None if no value is finite."""
    kept = [(number, value) for number, value in points if np.isfinite(value)]
    return _Curve(name, *(tuple(values) for values in zip(*kept, strict=True))) if kept else None
