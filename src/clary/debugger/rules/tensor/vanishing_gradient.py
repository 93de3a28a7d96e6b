"""Finds gradients that are too small for training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import RuleStep

GRADIENTS = Selection(collections=("gradients",))


@dataclass(frozen=True, slots=True)
class VanishingGradient(Rule):
    """Fires when the mean absolute value of a gradient is below ``threshold``."""

    threshold: float = 1e-7  # mean |g| below this counts as vanished

    default_collections: ClassVar[tuple[str, ...]] = ("gradients",)

    meaning: ClassVar[str] = (
        "The gradient of this layer is practically zero, so its weights hardly change; the signal is lost "
        "between the loss and this layer, typically in saturated activations or a very deep stack."
    )
    remedy: ClassVar[str] = (
        "Try ReLU-like activations, normalization layers or residual connections, and an initialization made "
        "for the activation (He, Xavier); in mixed precision, check that loss scaling is on."
    )

    def check(self, step: RuleStep) -> Iterator[Finding]:
        for tensor in step.select(GRADIENTS):
            mean = tensor.measure("abs_mean")
            if mean is not None and mean < self.threshold:
                message = f"mean |g| is {mean:.2e}, below {self.threshold:.1e}"
                yield Finding(step.number, tensor.name, mean, self.threshold, message, tensor.worker)
