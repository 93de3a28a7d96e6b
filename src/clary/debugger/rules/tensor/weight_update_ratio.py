"""Finds weights that change too much, or not at all."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..errors import RuleParameterError
from ..finding import Finding
from ..parameters import at_least
from ..rule import RuleContext, RuleWithMemory
from ..selection import Selection
from ..step import Array, RuleStep

if TYPE_CHECKING:
    from collections.abc import Iterator

WEIGHTS = Selection(collections=("weights",))

Earlier = dict[tuple[str, str], deque[tuple[int, Array]]]


@dataclass(frozen=True, slots=True)
class WeightUpdateRatio(RuleWithMemory[Earlier]):
    """ratio = mean|w - w0| / (mean|w0| + epsilon), w0 at the previous saved step.

    With ``num_steps``, w0 is at the newest saved step that is at least that many steps earlier. Validation
    steps are ignored: weights are not updated between two of them, or between one and the next training step.
    """

    num_steps: int | None = None
    large_threshold: float = 10.0
    small_threshold: float = 1e-8
    epsilon: float = 1e-9

    default_collections: ClassVar[tuple[str, ...]] = ("weights",)

    meaning: ClassVar[str] = (
        "The size of the updates does not fit the size of the weights: if it is too large, a step destroys "
        "what was learned; if it is too small, the layer is practically frozen."
    )
    remedy: ClassVar[str] = (
        "Too large: lower the learning rate, warm it up or clip gradients. Too small: check that the layer "
        "is meant to be frozen and is in the optimizer, then raise the rate or look for vanishing gradients."
    )

    def __post_init__(self) -> None:
        if self.num_steps is not None:
            at_least("num_steps", self.num_steps, 1)
        if self.small_threshold >= self.large_threshold:
            fix = f"give less than large_threshold ({self.large_threshold:g})"
            raise RuleParameterError("small_threshold", self.small_threshold, fix)

    def memory(self, context: RuleContext) -> Earlier:
        return defaultdict(deque)

    def check(self, step: RuleStep, memory: Earlier) -> Iterator[Finding]:
        if not step.trains:
            return
        back = self.num_steps or 1
        for tensor, weight in step.arrays(WEIGHTS):
            earlier = memory[tensor.key]
            while len(earlier) > 1 and earlier[1][0] <= step.number - back:
                earlier.popleft()
            if earlier and earlier[0][0] <= step.number - back and earlier[0][1].shape == weight.shape:
                ratio = _update_ratio(weight, earlier[0][1], self.epsilon)
                yield from self._evaluate(step, tensor.name, tensor.worker, ratio)
            earlier.append((step.number, weight))

    def _evaluate(self, step: RuleStep, name: str, worker: str, ratio: float) -> Iterator[Finding]:
        if ratio > self.large_threshold:
            message = f"the update is {ratio:.3g} times the weights, more than {self.large_threshold:g}"
            yield Finding(step.number, name, ratio, self.large_threshold, message, worker)
        elif ratio < self.small_threshold:
            message = f"the update is {ratio:.2e} of the weights, less than {self.small_threshold:.1e}"
            yield Finding(step.number, name, ratio, self.small_threshold, message, worker)


def _update_ratio(weight: Array, before: Array, epsilon: float) -> float:
    change = np.mean(np.abs(np.subtract(weight, before, dtype=_at_least_single(weight))))
    return float(change / (np.mean(np.abs(before), dtype=float) + epsilon))


def _at_least_single(array: Array) -> np.dtype[np.floating]:
    return np.result_type(array.dtype, np.float32)
