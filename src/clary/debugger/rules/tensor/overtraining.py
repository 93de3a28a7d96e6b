"""A training that goes on without getting anywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..losses import DEFAULT_LOSSES, LossPoint, LossStream, losses, mean_loss
from ..parameters import at_least
from ..rule import RuleWithMemory, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..step import Step


@dataclass(slots=True)
class Progress:
    """The best loss of one mode, and for how many saved losses nothing better came."""

    best: float = math.inf
    best_step: int = -1
    without_improvement: int = 0


@dataclass(slots=True)
class BothProgress:
    stream: LossStream = field(default_factory=LossStream)
    train: Progress = field(default_factory=Progress)
    validation: Progress = field(default_factory=Progress)


@dataclass(frozen=True, slots=True)
class Overtraining(RuleWithMemory[BothProgress]):
    """Either loss alone is enough to fire. An improvement is a loss under best - delta."""

    patience_train: int = 5  # saved steps
    patience_validation: int = 10  # passes over the validation data, or saved steps where there are no passes
    delta: float = 0.01

    meaning: ClassVar[str] = (
        "The loss has not improved for a while: further steps cost time and money and, where the validation "
        "loss is concerned, may make the model worse."
    )
    remedy: ClassVar[str] = (
        "Stop here and keep the checkpoint of the best step, or lower the learning rate for a last "
        "refinement; with noisy or rarely saved losses, raise the patience."
    )

    def __post_init__(self) -> None:
        at_least("patience_train", self.patience_train, 1)
        at_least("patience_validation", self.patience_validation, 1)
        at_least("delta", self.delta, 0)

    def memory(self, surroundings: Surroundings) -> BothProgress:
        return BothProgress()

    def check(self, step: Step, memory: BothProgress) -> Iterator[Finding]:
        yield from self._follow(memory.stream.feed(step, losses(step, DEFAULT_LOSSES)), memory)

    def finish(self, step_number: int, memory: BothProgress) -> Iterator[Finding]:
        yield from self._follow(memory.stream.close(), memory)

    def _follow(self, points: Iterable[LossPoint], memory: BothProgress) -> Iterator[Finding]:
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
            yield from self._judge(kind, progress, patience, same[-1], loss)

    def _judge(
        self, kind: str, progress: Progress, patience: int, point: LossPoint, loss: float
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
