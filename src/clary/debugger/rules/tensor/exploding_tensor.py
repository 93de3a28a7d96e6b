"""Finds NaN and infinity in tensors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, RuleStep, StepTensor

TREES = re.compile("trees/(Tree|Node|ID|Feature|Split|Yes|No|Missing|Gain|Cover|Category)$")
"""The columns in which XGBoost's trees are saved. In them NaN is normal: a leaf has no split."""


@dataclass(frozen=True, slots=True)
class ExplodingTensor(Rule):
    """Fires when a tensor has any element that is NaN, or infinite unless ``only_nan``."""

    collection_names: tuple[str, ...] = ()
    tensor_regex: tuple[str, ...] = ()
    only_nan: bool = False

    default_collections: ClassVar[tuple[str, ...]] = ("gradients", "losses")

    meaning: ClassVar[str] = (
        "This tensor holds NaN or infinity, and what is computed from it soon will too; the training cannot "
        "recover from it by itself."
    )
    remedy: ClassVar[str] = (
        "Look at the first step and the first tensor that fired: a NaN in the input points at the data, one "
        "in a gradient at a learning rate that is too high or a log or division near zero; then lower the "
        "rate, clip gradients, or add an epsilon."
    )

    def check(self, step: RuleStep) -> Iterator[Finding]:
        for tensor in self._tensors(step):
            bad = _bad_elements(tensor, self.only_nan)
            if bad:
                what = "NaN" if self.only_nan else "NaN or infinite"
                message = f"{bad} elements are {what}" if bad > 1 else f"at least one element is {what}"
                yield Finding(step.number, tensor.name, float(bad), 0.0, message, tensor.worker)

    def _tensors(self, step: RuleStep) -> list[StepTensor]:
        selection = Selection(self.collection_names, self.tensor_regex)
        named = [] if selection.everything else step.select(selection)
        # If the collections contain no tensor, the rule evaluates all tensors, as the original does.
        return named or [tensor for tensor in step.tensors if not TREES.match(tensor.name)]


def _bad_elements(tensor: StepTensor, only_nan: bool) -> int:
    """The number of bad elements; 1 if only saved reductions show that there are some."""
    array = tensor.array
    if array is None:
        return int(any(_is_bad(tensor.measure(name), only_nan) for name in tensor.stored))
    if array.dtype.kind not in "fc" or _surely_finite(array):
        return 0
    return int(np.count_nonzero(np.isnan(array) if only_nan else ~np.isfinite(array)))


def _surely_finite(array: Array) -> bool:
    """Whether there are surely no bad elements: any of them makes the sum of squares NaN or infinite.

    It takes one pass without a copy. The sum may also overflow, so False does not mean that there are some.
    """
    if array.dtype == np.float16 or not array.flags.c_contiguous:
        return False
    flat = array.ravel()
    with np.errstate(all="ignore"):
        return bool(np.isfinite(np.vdot(flat, flat)))


def _is_bad(reduction: float | None, only_nan: bool) -> bool:
    if reduction is None:
        return False
    return bool(np.isnan(reduction)) if only_nan else not np.isfinite(reduction)
