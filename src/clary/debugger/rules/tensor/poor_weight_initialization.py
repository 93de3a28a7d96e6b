"""Finds initial weights with which a network trains slowly or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..losses import DEFAULT_LOSSES, losses
from ..parameters import at_least
from ..rule import RuleContext, RuleWithMemory
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, RuleStep

DEFAULT_REGEX = (".*relu_input",)
ACTIVATION_CLASSES = frozenset(
    {"relu", "relu6", "leakyrelu", "prelu", "elu", "selu", "gelu", "silu", "mish", "tanh", "sigmoid"}
)
GRADIENTS = Selection(collections=("gradients",))
OUTSIDE_THE_MIDDLE = (5.0, 95.0)


@dataclass(slots=True)
class FirstSteps:
    """The number of steps evaluated, and by loss, the best value and the steps without a decrease."""

    steps: int = 0
    best_loss: dict[str, float] = field(default_factory=dict)
    without_decrease: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PoorWeightInitialization(RuleWithMemory[FirstSteps]):
    """Evaluates the first ``steps`` saved training steps only."""

    activation_inputs_regex: tuple[str, ...] = DEFAULT_REGEX
    threshold: float = 10.0  # largest over smallest variance of activation inputs across layers
    distribution_range: float = 0.001  # the least p95 - p5 of any layer's gradient
    patience: int = 5  # saved steps without a decrease of the loss
    steps: int = 10

    default_collections: ClassVar[tuple[str, ...]] = ("relu_input", "gradients", "losses")

    meaning: ClassVar[str] = (
        "With these initial weights, signals or gradients differ very much in size between layers, or the "
        "loss does not start to decrease; such a network trains slowly or not at all."
    )
    remedy: ClassVar[str] = (
        "Initialize each layer for its activation (He for ReLU, Xavier for tanh and sigmoid), never with "
        "equal values, add normalization layers, and check that the inputs are scaled."
    )

    def __post_init__(self) -> None:
        at_least("patience", self.patience, 1)
        at_least("steps", self.steps, 1)

    def memory(self, context: RuleContext) -> FirstSteps:
        return FirstSteps()

    def check(self, step: RuleStep, memory: FirstSteps) -> Iterator[Finding]:
        if memory.steps >= self.steps or not step.trains:
            return
        inputs = {t.name: float(np.var(x, dtype=float)) for t, x in step.arrays(self._selection())}
        # One element has no range: the bias of a single output would always be the narrowest.
        gradients = {t.name: _middle_range(g) for t, g in step.arrays(GRADIENTS) if g.size > 1}
        values = losses(step, DEFAULT_LOSSES)
        if not (inputs or gradients or values):
            return
        memory.steps += 1
        yield from self._different_variances(step, inputs)
        yield from self._narrow_gradients(step, gradients)
        for loss in values:
            yield from self._constant_loss(step, loss.tensor, loss.value, memory)

    def _selection(self) -> Selection:
        if self.activation_inputs_regex != DEFAULT_REGEX:
            return Selection(patterns=self.activation_inputs_regex)
        return Selection(patterns=DEFAULT_REGEX, classes=ACTIVATION_CLASSES, side="input")

    def _different_variances(self, step: RuleStep, variances: dict[str, float]) -> Iterator[Finding]:
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

    def _narrow_gradients(self, step: RuleStep, ranges: dict[str, float]) -> Iterator[Finding]:
        if not ranges:
            return
        narrowest = min(ranges, key=ranges.__getitem__)
        if ranges[narrowest] < self.distribution_range:
            message = (
                f"p95 - p5 of the gradient is {ranges[narrowest]:.2e}, below {self.distribution_range:g}"
            )
            yield Finding(step.number, narrowest, ranges[narrowest], self.distribution_range, message)

    def _constant_loss(self, step: RuleStep, name: str, loss: float, memory: FirstSteps) -> Iterator[Finding]:
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
