"""Finds tensors in which all elements are zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..parameters import between, require_tensors
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import RuleStep, StepTensor


@dataclass(frozen=True, slots=True)
class AllZero(Rule):
    """Fires when at least ``threshold`` percent of a tensor's elements are zero."""

    collection_names: tuple[str, ...] = ()
    tensor_regex: tuple[str, ...] = ()
    threshold: float = 100.0  # percent of elements that are zero

    default_collections: ClassVar[tuple[str, ...]] = ("gradients",)

    meaning: ClassVar[str] = (
        "This tensor contains no information: zero weights all stay equal, zero gradients change no weight, "
        "zero activations disable the layers after them."
    )
    remedy: ClassVar[str] = (
        "For weights, initialize them at random; for gradients and activations, look for dead units, a "
        "detached graph or a mask that covers everything; for inputs, look at the data loading."
    )

    def __post_init__(self) -> None:
        require_tensors(self, self.collection_names, self.tensor_regex)
        between("threshold", self.threshold, 0, 100)

    def check(self, step: RuleStep) -> Iterator[Finding]:
        for tensor in step.select(Selection(self.collection_names, self.tensor_regex)):
            zeros = _zero_percent(tensor)
            if zeros is not None and zeros >= self.threshold:
                message = f"{zeros:.4g}% of its elements are zero, the threshold is {self.threshold:g}%"
                yield Finding(step.number, tensor.name, zeros, self.threshold, message, tensor.worker)


def _zero_percent(tensor: StepTensor) -> float | None:
    """The percentage of zeros. Reductions can show only that all elements are zero; None otherwise."""
    array = tensor.array
    if array is not None:
        return 100.0 * (1.0 - np.count_nonzero(array) / array.size)
    if any(
        tensor.measure(name) == 0 for name in tensor.stored & {"abs_max", "abs_mean", "abs_sum", "l1", "l2"}
    ):
        return 100.0
    if {"min", "max"} <= tensor.stored and tensor.measure("min") == tensor.measure("max") == 0:
        return 100.0
    return None
