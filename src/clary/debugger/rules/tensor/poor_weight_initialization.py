"""A start from which a network learns badly or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..losses import DEFAULT_LOSSES, losses
from ..parameters import at_least
from ..rule import RuleWithMemory, Surroundings
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, Step

DEFAULT_REGEX = (".*relu_input",)
ACTIVATION_CLASSES = frozenset(
    {"relu", "relu6", "leakyrelu", "prelu", "elu", "selu", "gelu", "silu", "mish", "tanh", "sigmoid"}
)
GRADIENTS = Selection(collections=("gradients",))
OUTSIDE_THE_MIDDLE = (5.0, 95.0)


@dataclass(slots=True)
class FirstSteps:
    """What was seen of the beginning: which steps counted, and how long the loss has not gone down."""

    looked_at: int = 0
    best_loss: dict[str, float] = field(default_factory=dict)
    without_decrease: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PoorWeightInitialization(RuleWithMemory[FirstSteps]):
    """Looks at the first ``steps`` saved training steps only."""

    activation_inputs_regex: tuple[str, ...] = DEFAULT_REGEX
    threshold: float = 10.0  # largest over smallest variance of activation inputs across layers
    distribution_range: float = 0.001  # least p95 - p5 of any layer's gradient
    patience: int = 5  # saved steps the loss may fail to decrease
    steps: int = 10

    meaning: ClassVar[str] = (
        "The initial weights pass signals or gradients of very different size through the layers, or the "
        "loss does not start to move; such a network trains slowly or not at all."
    )
    remedy: ClassVar[str] = (
        "Initialize each layer for its activation (He for ReLU, Xavier for tanh and sigmoid) and never all "
        "alike, add normalization layers, and check that the inputs are scaled."
    )

    def __post_init__(self) -> None:
        at_least("patience", self.patience, 1)
        at_least("steps", self.steps, 1)

    def memory(self, surroundings: Surroundings) -> FirstSteps:
        return FirstSteps()

    def check(self, step: Step, memory: FirstSteps) -> Iterator[Finding]:
        if memory.looked_at >= self.steps or not step.trains:
            return
        inputs = {t.name: float(np.var(x, dtype=float)) for t, x in step.arrays(self._selection())}
        # One element has no spread: the bias of a single output would always be the narrowest.
        gradients = {t.name: _middle_range(g) for t, g in step.arrays(GRADIENTS) if g.size > 1}
        values = losses(step, DEFAULT_LOSSES)
        if not (inputs or gradients or values):
            return
        memory.looked_at += 1
        yield from self._unlike_variances(step, inputs)
        yield from self._narrow_gradients(step, gradients)
        for loss in values:
            yield from self._still_loss(step, loss.tensor, loss.value, memory)

    def _selection(self) -> Selection:
        if self.activation_inputs_regex != DEFAULT_REGEX:
            return Selection(patterns=self.activation_inputs_regex)
        return Selection(patterns=DEFAULT_REGEX, classes=ACTIVATION_CLASSES, side="input")

    def _unlike_variances(self, step: Step, variances: dict[str, float]) -> Iterator[Finding]:
        if len(variances) < 2:
            return
        widest, narrowest = (
            max(variances, key=variances.__getitem__),
            min(variances, key=variances.__getitem__),
        )
        smallest = variances[narrowest]
        ratio = variances[widest] / smallest if smallest > 0 else float("inf")
        if variances[widest] > 0 and ratio > self.threshold:
            message = f"its variance is {ratio:.3g} times that of {narrowest}, more than {self.threshold:g}"
            yield Finding(step.number, widest, ratio, self.threshold, message)

    def _narrow_gradients(self, step: Step, ranges: dict[str, float]) -> Iterator[Finding]:
        if not ranges:
            return
        narrowest = min(ranges, key=ranges.__getitem__)
        if ranges[narrowest] < self.distribution_range:
            message = (
                f"p95 - p5 of the gradient is {ranges[narrowest]:.2e}, below {self.distribution_range:g}"
            )
            yield Finding(step.number, narrowest, ranges[narrowest], self.distribution_range, message)

    def _still_loss(self, step: Step, name: str, loss: float, memory: FirstSteps) -> Iterator[Finding]:
        if name not in memory.best_loss or loss < memory.best_loss[name]:
            memory.best_loss[name] = loss
            memory.without_decrease[name] = 0
            return
        memory.without_decrease[name] += 1
        still = memory.without_decrease[name]
        if still >= self.patience:
            message = f"the loss has not decreased for {still} saved steps at the start (now {loss:.4g})"
            yield Finding(step.number, name, float(still), float(self.patience), message)


def _middle_range(gradient: Array) -> float:
    low, high = np.percentile(gradient, OUTSIDE_THE_MIDDLE)
    return float(high - low)
