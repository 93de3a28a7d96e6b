"""Reads losses as a stream of points, in the same way for all frameworks.

    PyTorch           modes TRAIN and EVAL, tensors of the collection ``losses``, mostly scalars
    MXNet Gluon       a loss has one value per sample: the mean is used
    XGBoost, Keras    one step may have both: ``train-rmse`` and ``validation-rmse``, or ``val_loss``

After the first training step, consecutive EVAL steps are one pass over the validation data. They give one
point, the mean: the batches of a pass differ in their data, not in the model.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .step import RuleStep, StepTensor

DEFAULT_LOSSES = Selection(collections=("losses",))
LOOKS_LIKE_A_LOSS = Selection(patterns=(r"[Ll]oss(?!.*input)",))
VALIDATION = re.compile(r"^(val_|(validation|valid|val|eval|test)[^/]*-)")


@dataclass(frozen=True, slots=True)
class LossPoint:
    """One value of a loss. ``step`` counts over all modes, ``mode_step`` within ``mode``."""

    tensor: str
    worker: str
    mode: str
    step: int
    mode_step: int
    value: float


def losses(step: RuleStep, selection: Selection, *, scalars_only: bool = False) -> list[LossPoint]:
    """The losses of one step.

    scalars_only: ignore tensors with more than one element, or without a saved value. With the default
    selection, a trial without a collection ``losses`` uses scalars whose name looks like a loss.
    """
    tensors = step.select(selection)
    if not tensors and selection == DEFAULT_LOSSES and "losses" not in step.names.collections:
        tensors, scalars_only = step.select(LOOKS_LIKE_A_LOSS), True
    points = []
    for tensor in tensors:
        value = _loss(tensor, scalars_only)
        if value is not None:
            mode = "EVAL" if VALIDATION.match(tensor.name) else step.mode
            points.append(LossPoint(tensor.name, tensor.worker, mode, step.number, step.mode_step, value))
    return points


def mean_loss(points: Iterable[LossPoint]) -> float | None:
    """The mean of all finite values; None when there are none."""
    values = [point.value for point in points if math.isfinite(point.value)]
    return float(np.mean(values)) if values else None


@dataclass(slots=True)
class LossStream:
    """Joins the points of each EVAL pass. A pass is returned when training continues, or by ``close``."""

    seen_training: bool = False
    _open: dict[tuple[str, str], list[LossPoint]] = field(default_factory=dict)

    def feed(self, step: RuleStep, points: list[LossPoint]) -> list[LossPoint]:
        """Adds a step and its losses. Returns the points that are complete now. Call it for every step."""
        if step.mode == "EVAL" and self.seen_training:
            for point in points:
                self._open.setdefault((point.tensor, point.worker), []).append(point)
            return []
        if step.mode == "TRAIN":
            self.seen_training = True
            return [*self.close(), *points]
        return points

    def close(self) -> list[LossPoint]:
        """The points of the pass that is not complete yet, if there is one."""
        joined = [_join(points) for points in self._open.values()]
        self._open.clear()
        return joined


def _join(points: list[LossPoint]) -> LossPoint:
    last = points[-1]
    mean = float(np.mean([point.value for point in points]))
    return LossPoint(last.tensor, last.worker, last.mode, last.step, last.mode_step, mean)


def _loss(tensor: StepTensor, scalars_only: bool) -> float | None:
    array = tensor.array
    if array is None:
        return None if scalars_only else tensor.measure("mean")
    if scalars_only and array.size != 1:
        return None
    return float(np.mean(array, dtype=float))
