"""Reductions (single numbers computed from a tensor): their names in the files, and how to compute them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

PREFIX = "smdebug/reductions/"
REDUCTIONS = ("min", "max", "mean", "std", "variance", "sum", "prod")
NORMS = ("l1", "l2")

_FUNCTIONS: dict[str, Any] = {
    "min": np.min,
    "max": np.max,
    "mean": np.mean,
    "std": np.std,
    "variance": np.var,
    "sum": np.sum,
    "prod": np.prod,
}


class Reduction(NamedTuple):
    """``name`` is one of REDUCTIONS or NORMS. ``absolute``: computed from the absolute values."""

    name: str
    absolute: bool = False


class ReducedName(NamedTuple):
    tensor: str
    reduction: Reduction


def reduction_tensor_name(
    tensor: str, reduction: str, *, absolute: bool = False, keep_index: bool = False
) -> str:
    """The name of a stored reduction.

    keep_index: keeps an output index such as ``:0`` in the tensor's name, as needed for TensorFlow; without
    it the index is removed.
    """
    name = tensor if keep_index else re.sub(r":\d+", "", tensor)
    return "{}{}{}/{}".format(PREFIX, "abs_" if absolute else "", reduction, name)


def parse_reduction_tensor_name(name: str) -> ReducedName | None:
    """The tensor and the reduction that a stored name means; None for the name of a tensor itself."""
    if PREFIX not in name:
        return None
    reduction, _, tensor = name.split(PREFIX, 1)[1].partition("/")
    absolute = reduction.startswith("abs_")
    return ReducedName(tensor, Reduction(reduction[4:] if absolute else reduction, absolute))


def parse_reduction(text: str) -> Reduction:
    """Parses a word of a configuration: ``mean``, ``abs_mean``, ``l2_norm``, ``abs_l1_norm``, ...

    Raises ValueError for an unknown word.
    """
    word = text.strip()
    absolute = word.startswith("abs_")
    name = word[4:] if absolute else word
    if name.endswith("_norm") and name[:-5] in NORMS:
        return Reduction(name[:-5], absolute)
    if name in REDUCTIONS:
        return Reduction(name, absolute)
    raise ValueError(
        "{!r} is not a reduction; use {} or l1_norm, l2_norm, with abs_ before it or not".format(
            text, ", ".join(REDUCTIONS)
        )
    )


def reduction_word(reduction: Reduction) -> str:
    """The reverse of ``parse_reduction``."""
    name = reduction.name + "_norm" if reduction.name in NORMS else reduction.name
    return "abs_" + name if reduction.absolute else name


def reduce(array: Any, reduction: str, *, absolute: bool = False) -> Any:
    """The reduction of all elements as a numpy scalar, equal to what smdebug computes.

    array: any shape. For a matrix, l1 is the largest column sum and l2 the largest singular value, as in
    ``numpy.linalg.norm``. With more than two axes, the array is flattened first.
    Raises ValueError for an unknown reduction.
    """
    if absolute:
        array = np.absolute(array)
    if reduction in _FUNCTIONS:
        return _FUNCTIONS[reduction](array)
    if reduction not in NORMS:
        raise ValueError(f"{reduction!r} is not a reduction")
    array = np.atleast_1d(array)
    if array.ndim > 2:
        array = array.reshape(-1)
    return np.linalg.norm(array, ord=int(reduction[1]))
