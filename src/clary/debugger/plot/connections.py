"""Finds the connections of layers: the input of a layer is the output of an earlier one, or the sum of two.

A trial does not contain the connections. They are found by comparing the values of one sample. If nothing
matches, a layer is assumed to follow the layer before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOOK_BACK = 60  # layers; longer connections are not searched for
CLOSE = 1e-4  # tolerance relative to the largest value: sums are rounded


def connections(arrays: Mapping[str, Any], layers: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """(from, to) numbers of layers. arrays: by name, with the inputs of layers if they were saved."""
    values = [_one(arrays[name]) for name in layers]
    found: list[tuple[int, int]] = []
    for at in range(1, len(layers)):
        given = arrays.get(names.input_of(layers[at], names.call_of(layers[at])))
        sources = _sources_of_input(_one(given), values, at) if given is not None else ()
        found += [(source, at) for source in sources or _sources_of_output(values, at) or (at - 1,)]
    return tuple(found)


def _sources_of_input(given: Any, values: Sequence[Any], at: int) -> tuple[int, ...]:
    earlier = range(at - 1, max(-1, at - 1 - LOOK_BACK), -1)
    for source in earlier:
        if _same(given, values[source]):
            return (source,)
    return next(
        (
            (other, source)
            for source in earlier
            for other in earlier
            if other < source and _is_sum(given, values[source], values[other])
        ),
        (),
    )


def _sources_of_output(values: Sequence[Any], at: int) -> tuple[int, ...]:
    """The two layers whose sum is the output of this layer; used if its input was not saved.

    The output may be the sum itself, or a ReLU of it.
    """
    value, before = values[at], values[at - 1]
    for other in range(at - 2, max(-1, at - 2 - LOOK_BACK), -1):
        if _is_sum(value, before, values[other], rectified=True):
            return (other, at - 1)
    return ()


def _one(array: Any) -> Any:
    """The values of the first sample."""
    return array[0] if array.ndim else array


def _same(one: Any, other: Any) -> bool:
    # Compare without shapes: the model may have flattened the tensor in between.
    return one.size == other.size and bool(np.array_equal(one.reshape(-1), other.reshape(-1)))


def _is_sum(value: Any, one: Any, other: Any, *, rectified: bool = False) -> bool:
    if not value.shape == one.shape == other.shape or value.dtype.kind != "f" or value.size < 2:
        return False
    if not other.any() or not one.any():
        return False  # a sum with zeros would match any tensor that is a copy
    total = one.astype(np.float32) + other.astype(np.float32)
    size = float(np.abs(total).max(initial=0.0)) or 1.0
    if np.allclose(value, total, rtol=0, atol=CLOSE * size):
        return True
    return rectified and bool(np.allclose(value, np.maximum(total, 0), rtol=0, atol=CLOSE * size))
