"""Losses as a stream of points, whatever the framework.

    PyTorch           mode TRAIN and EVAL, tensors of the collection ``losses``, mostly scalars
    MXNet Gluon       a loss has one value per sample: its mean counts
    XGBoost, Keras    both may be in one step: ``train-rmse`` and ``validation-rmse``, or ``val_loss``

Once training has been seen, EVAL steps that follow each other are one pass over the validation data, and
count once, by their mean: batches of one pass differ in their data, not in the model.
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

    from .step import Step, Tensor

DEFAULT_LOSSES = Selection(collections=("losses",))
LOOKS_LIKE_A_LOSS = Selection(patterns=(r"[Ll]oss(?!.*input)",))
VALIDATION = re.compile(r"^(val_|(validation|valid|val|eval|test)[^/]*-)")


@dataclass(frozen=True, slots=True)
class LossPoint:
    """``step`` is global, ``mode_step`` within ``mode``."""

    tensor: str
    worker: str
    mode: str
    step: int
    mode_step: int
    value: float


def losses(step: Step, selection: Selection, *, scalars_only: bool = False) -> list[LossPoint]:
    """The losses of one step; for the default selection also where no collection ``losses`` was kept."""
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
    """The mean of what is finite, None when nothing is."""
    values = [point.value for point in points if math.isfinite(point.value)]
    return float(np.mean(values)) if values else None


@dataclass(slots=True)
class LossStream:
    """Points in order, EVAL passes joined. A pass comes out when training goes on, or at ``close``."""

    seen_training: bool = False
    _open: dict[tuple[str, str], list[LossPoint]] = field(default_factory=dict)

    def feed(self, step: Step, points: list[LossPoint]) -> list[LossPoint]:
        """What is known after ``step``, whose losses are ``points``. Call for every step, losses or not."""
        if step.mode == "EVAL" and self.seen_training:
            for point in points:
                self._open.setdefault((point.tensor, point.worker), []).append(point)
            return []
        if step.mode == "TRAIN":
            self.seen_training = True
            return [*self.close(), *points]
        return points

    def close(self) -> list[LossPoint]:
        """The pass that is still open, if there is one."""
        joined = [_join(points) for points in self._open.values()]
        self._open.clear()
        return joined


def _join(points: list[LossPoint]) -> LossPoint:
    last = points[-1]
    mean = float(np.mean([point.value for point in points]))
    return LossPoint(last.tensor, last.worker, last.mode, last.step, last.mode_step, mean)


def _loss(tensor: Tensor, scalars_only: bool) -> float | None:
    array = tensor.array
    if array is None:
        return None if scalars_only else tensor.measure("mean")
    if scalars_only and array.size != 1:
        return None
    return float(np.mean(array, dtype=float))
