"""Finds tensors whose variance is too high or too low."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..errors import RuleConfigurationError, RuleParameterError
from ..finding import Finding
from ..parameters import require_tensors
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import RuleStep, StepTensor


@dataclass(frozen=True, slots=True)
class TensorVariance(Rule):
    """Fires when the variance of a tensor is above ``max_threshold`` or below ``min_threshold``."""

    collection_names: tuple[str, ...] = ()
    tensor_regex: tuple[str, ...] = ()
    max_threshold: float | None = None
    min_threshold: float | None = None

    default_collections: ClassVar[tuple[str, ...]] = ("weights",)

    meaning: ClassVar[str] = (
        "The values of this tensor vary more, or less, than expected: signals that grow from layer to layer "
        "saturate or overflow, and signals without variance contain no information."
    )
    remedy: ClassVar[str] = (
        "Check the initialization and normalization of the layer and the scale of its inputs; if it grows "
        "during training, lower the learning rate or add weight decay."
    )

    def __post_init__(self) -> None:
        require_tensors(self, self.collection_names, self.tensor_regex)
        if self.max_threshold is None and self.min_threshold is None:
            raise RuleConfigurationError("TensorVariance needs 'max_threshold', 'min_threshold', or both")
        if None not in (self.max_threshold, self.min_threshold) and self.min_threshold > self.max_threshold:  # type: ignore[operator]
            fix = f"give no more than max_threshold ({self.max_threshold:g})"
            raise RuleParameterError("min_threshold", self.min_threshold, fix)

    def check(self, step: RuleStep) -> Iterator[Finding]:
        for tensor in step.select(Selection(self.collection_names, self.tensor_regex)):
            variance = _variance(tensor)
            if variance is None:
                continue
            if self.max_threshold is not None and variance > self.max_threshold:
                message, limit = f"its variance is {variance:.3g}, above", self.max_threshold
            elif self.min_threshold is not None and variance < self.min_threshold:
                message, limit = f"its variance is {variance:.3g}, below", self.min_threshold
            else:
                continue
            yield Finding(step.number, tensor.name, variance, limit, f"{message} {limit:g}", tensor.worker)


def _variance(tensor: StepTensor) -> float | None:
    if "variance" not in tensor.stored and "std" in tensor.stored:
        deviation = tensor.measure("std")
        return None if deviation is None else deviation**2
    return tensor.measure("variance")
