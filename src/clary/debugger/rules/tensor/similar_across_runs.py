"""Finds differences between two trainings that should be equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..errors import RuleConfigurationError
from ..finding import Finding
from ..rule import RuleContext, RuleWithMemory, StepLookup
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, RuleStep

OtherTrials = tuple[StepLookup, ...]


@dataclass(frozen=True, slots=True)
class SimilarAcrossRuns(RuleWithMemory[OtherTrials]):
    """Fires on a difference, despite its name. Steps and tensors that one trial lacks are ignored."""

    collection_names: tuple[str, ...] = ()
    tensor_regex: tuple[str, ...] = ()

    meaning: ClassVar[str] = (
        "At this step the tensor differs from the other run's, so the two runs are no longer the same "
        "training."
    )
    remedy: ClassVar[str] = (
        "If they should agree, compare seeds, data order, library versions and nondeterministic kernels, and "
        "look for the first step and tensor that differ; if a change was intended, this is its effect."
    )

    def memory(self, context: RuleContext) -> OtherTrials:
        if not context.other_trials:
            raise RuleConfigurationError(
                "SimilarAcrossRuns needs another trial to compare with: give 'other_trial_0', "
                "the S3 path of its tensors (other_trials_s3_input_paths in the SDK)"
            )
        return context.other_trials

    def check(self, step: RuleStep, memory: OtherTrials) -> Iterator[Finding]:
        for other in memory:
            there = other.step(step.number)
            if there is not None:
                yield from self._compare(step, there)

    def _compare(self, step: RuleStep, there: RuleStep) -> Iterator[Finding]:
        selection = Selection(self.collection_names, self.tensor_regex)
        others = {tensor.key: tensor for tensor in there.tensors}
        for tensor, array in step.arrays(selection):
            other = others[tensor.key].array if tensor.key in others else None
            if other is not None and not _alike(array, other):
                difference, message = _difference(array, other)
                yield Finding(step.number, tensor.name, difference, 0.0, message, tensor.worker)


def _alike(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, equal_nan=True))


def _difference(a: Array, b: Array) -> tuple[float, str]:
    if a.shape != b.shape:
        return float("inf"), f"its shape is {a.shape}, in the other run {b.shape}"
    largest = float(np.max(np.abs(np.subtract(a, b, dtype=np.result_type(a, b, np.float32)))))
    return largest, f"its values differ from the other run's by up to {largest:.3g}"
