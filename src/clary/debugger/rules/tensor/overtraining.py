"""Finds trainings that continue although the loss does not improve."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..losses import DEFAULT_LOSSES, LossPoint, LossStream, losses, mean_loss
from ..parameters import at_least
from ..rule import RuleContext, RuleWithMemory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..step import RuleStep


@dataclass(slots=True)
class LossProgress:
    """The best loss of one mode, and the number of saved losses since then."""

    best: float = math.inf
    best_step: int = -1
    without_improvement: int = 0


@dataclass(slots=True)
class LossesProgress:
    """The progress of the training loss and of the validation loss."""

    stream: LossStream = field(default_factory=LossStream)
    train: LossProgress = field(default_factory=LossProgress)
    validation: LossProgress = field(default_factory=LossProgress)


@dataclass(frozen=True, slots=True)
class Overtraining(RuleWithMemory[LossesProgress]):
    """Fires when one of the two losses has not improved. An improvement is a loss below best - delta."""

    patience_train: int = 5  # saved steps
    patience_validation: int = 10  # passes over the validation data, or saved steps if there are no passes
    delta: float = 0.01

    meaning: ClassVar[str] = (
        "The loss has not improved for a while: further steps cost time and money and, if it is the "
        "validation loss, may make the model worse."
    )
    remedy: ClassVar[str] = (
        "Stop here and keep the checkpoint of the best step, or lower the learning rate for a last "
        "refinement; with noisy or rarely saved losses, raise the patience."
    )

    def __post_init__(self) -> None:
        at_least("patience_train", self.patience_train, 1)
        at_least("patience_validation", self.patience_validation, 1)
        at_least("delta", self.delta, 0)

    def memory(self, context: RuleContext) -> LossesProgress:
        return LossesProgress()

    def check(self, step: RuleStep, memory: LossesProgress) -> Iterator[Finding]:
        yield from self._follow(memory.stream.feed(step, losses(step, DEFAULT_LOSSES)), memory)

    def finish(self, step_number: int, memory: LossesProgress) -> Iterator[Finding]:
        yield from self._follow(memory.stream.close(), memory)

    def _follow(self, points: Iterable[LossPoint], memory: LossesProgress) -> Iterator[Finding]:
        for validation, group in groupby(points, key=lambda point: point.mode == "EVAL"):
            same = list(group)
            loss = mean_loss(same)
            if loss is None:
                continue
            kind, progress, patience = (
                ("validation", memory.validation, self.patience_validation)
                if validation
                else ("training", memory.train, self.patience_train)
            )
            yield from self._evaluate(kind, progress, patience, same[-1], loss)

    def _evaluate(
        self, kind: str, progress: LossProgress, patience: int, point: LossPoint, loss: float
    ) -> Iterator[Finding]:
        if loss < progress.best - self.delta:
            progress.best, progress.best_step, progress.without_improvement = loss, point.step, 0
            return
        progress.without_improvement += 1
        waited = progress.without_improvement
        if waited >= patience:
            message = (
                f"the {kind} loss has not improved {waited} times in a row; the best was {progress.best:.4g} "
                f"at step {progress.best_step}"
            )
            yield Finding(point.step, point.tensor, float(waited), float(patience), message, point.worker)
