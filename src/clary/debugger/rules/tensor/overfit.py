"""Finds models whose validation loss is much higher than their training loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..losses import DEFAULT_LOSSES, LossPoint, LossStream, losses, mean_loss
from ..parameters import at_least
from ..rule import RuleContext, RuleWithMemory
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..step import RuleStep


@dataclass(slots=True)
class SinceLastCheck:
    """The losses since the last check, and how many checks in a row exceeded the threshold."""

    stream: LossStream = field(default_factory=LossStream)
    train: list[LossPoint] = field(default_factory=list)
    validation: list[LossPoint] = field(default_factory=list)
    bad_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Overfit(RuleWithMemory[SinceLastCheck]):
    """ratio = (mean validation loss - mean training loss) / mean training loss.

    The means are over the losses since the last check. A check is made when there are new losses of both
    modes and the pass over the validation data is complete.
    """

    tensor_regex: tuple[str, ...] = ()
    start_step: int = 0  # global step
    patience: int = 1  # checks in a row
    ratio_threshold: float = 0.1

    meaning: ClassVar[str] = (
        "The validation loss is much higher than the training loss: the model memorizes its training "
        "examples, and does not generalize to new data."
    )
    remedy: ClassVar[str] = (
        "Stop at the best validation loss, or give it more or augmented data, dropout, weight decay or a "
        "smaller model; if the gap is there from the first step, check that both sets come from the same "
        "distribution."
    )

    def __post_init__(self) -> None:
        at_least("patience", self.patience, 1)
        at_least("start_step", self.start_step, 0)

    def memory(self, context: RuleContext) -> SinceLastCheck:
        return SinceLastCheck()

    def check(self, step: RuleStep, memory: SinceLastCheck) -> Iterator[Finding]:
        selection = Selection(patterns=self.tensor_regex) if self.tensor_regex else DEFAULT_LOSSES
        points = losses(step, selection) if step.number >= self.start_step else []
        yield from self._compare(memory.stream.feed(step, points), memory)

    def finish(self, step_number: int, memory: SinceLastCheck) -> Iterator[Finding]:
        yield from self._compare(memory.stream.close(), memory)

    def _compare(self, points: Iterable[LossPoint], memory: SinceLastCheck) -> Iterator[Finding]:
        """Compares validation losses with the training losses of the same or earlier steps."""
        points = list(points)
        validation = [point for point in points if point.mode == "EVAL"]
        train = [point for point in points if point.mode == "TRAIN" or point.tensor.startswith("train-")]
        # The training step that ended a validation pass comes after the pass. In XGBoost both are one step.
        if validation and train and train[0].step > validation[-1].step:
            memory.validation += validation
            yield from self._check(memory)
            memory.train += train
        else:
            memory.train += train
            memory.validation += validation
            if validation:
                yield from self._check(memory)

    def _check(self, memory: SinceLastCheck) -> Iterator[Finding]:
        train, validation = mean_loss(memory.train), mean_loss(memory.validation)
        last = memory.validation[-1]
        if train is None or validation is None or train == 0:
            # A validation pass before any training says nothing about overfitting.
            memory.validation.clear()
            return
        memory.train.clear()
        memory.validation.clear()
        ratio = (validation - train) / abs(train)
        memory.bad_in_a_row = memory.bad_in_a_row + 1 if ratio > self.ratio_threshold else 0
        if memory.bad_in_a_row >= self.patience:
            message = (
                f"the validation loss ({validation:.4g}) is {100 * ratio:.3g}% above the training loss "
                f"({train:.4g}), for {memory.bad_in_a_row} checks in a row"
            )
            yield Finding(last.step, last.tensor, ratio, self.ratio_threshold, message, last.worker)
