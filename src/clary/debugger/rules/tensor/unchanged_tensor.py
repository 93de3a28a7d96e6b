"""Finds tensors that do not change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..parameters import at_least, require_tensors
from ..rule import RuleContext, RuleWithMemory
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, RuleStep

SAMPLE = 256

Key = tuple[str, str]


@dataclass(slots=True)
class LastSeen:
    """By tensor: the newest values, and the number of saved steps in which they were equal."""

    array: dict[Key, Array] = field(default_factory=dict)
    alike: dict[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnchangedTensor(RuleWithMemory[LastSeen]):
    """Fires when each of the last ``num_steps`` saved values is ``numpy.allclose`` to the one before it.

    Validation steps are ignored: they do not change the weights.
    """

    collection_names: tuple[str, ...] = ()
    tensor_regex: tuple[str, ...] = ()
    num_steps: int = 3
    rtol: float = 1e-5
    atol: float = 1e-8
    equal_nan: bool = False

    default_collections: ClassVar[tuple[str, ...]] = ("weights",)

    meaning: ClassVar[str] = (
        "The tensor has not changed over several saved steps: a weight or bias that is not being trained, or "
        "an input that is the same every time."
    )
    remedy: ClassVar[str] = (
        "Check that the parameter requires a gradient, is in the optimizer and gets a gradient above zero; "
        "for an input, check that the data loader moves on. A layer frozen on purpose can be left out by "
        "'tensor_regex'."
    )

    def __post_init__(self) -> None:
        require_tensors(self, self.collection_names, self.tensor_regex)
        at_least("num_steps", self.num_steps, 2)
        at_least("rtol", self.rtol, 0)
        at_least("atol", self.atol, 0)

    def memory(self, context: RuleContext) -> LastSeen:
        return LastSeen()

    def check(self, step: RuleStep, memory: LastSeen) -> Iterator[Finding]:
        if not step.trains:
            return
        for tensor, array in step.arrays(Selection(self.collection_names, self.tensor_regex)):
            before = memory.array.get(tensor.key)
            same = before is not None and before.shape == array.shape and self._alike(array, before)
            alike = memory.alike.get(tensor.key, 1) + 1 if same else 1
            memory.array[tensor.key], memory.alike[tensor.key] = array, alike
            if alike >= self.num_steps:
                message = f"it has not changed over its last {alike} saved steps"
                yield Finding(
                    step.number, tensor.name, float(alike), float(self.num_steps), message, tensor.worker
                )

    def _alike(self, a: Array, b: Array) -> bool:
        # In most tensors every element changes, so a few elements are enough to see it, 100 times faster.
        some = slice(0, SAMPLE)
        return self._close(a.ravel()[some], b.ravel()[some]) and self._close(a, b)

    def _close(self, a: Array, b: Array) -> bool:
        return bool(np.allclose(a, b, rtol=self.rtol, atol=self.atol, equal_nan=self.equal_nan))
