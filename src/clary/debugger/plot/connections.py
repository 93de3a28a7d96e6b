"""Finds the connections of layers: where the input of a layer comes from.

It may be the output of an earlier layer, the sum of two (a residual), or the concatenation of several along
the channels (as in DenseNet). A trial does not contain the connections. They are found by comparing the
values of one sample. If nothing matches, a layer is assumed to follow the layer before it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from . import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOOK_BACK = 60  # layers; longer connections are not searched for, except concatenations
CLOSE = 1e-4  # tolerance relative to the largest value: sums are rounded


def connections(arrays: Mapping[str, Any], layers: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """(from, to) numbers of layers. arrays: by name, with the inputs of layers if they were saved."""
    values = [_one(arrays[name]) for name in layers]
    earlier = _Outputs()
    found: list[tuple[int, int]] = []
    for at in range(1, len(layers)):
        earlier.add(at - 1, values[at - 1])
        array = arrays.get(names.input_of(layers[at], names.call_of(layers[at])))
        given = None if array is None else _one(array)
        # In Keras a concatenation is a layer. Its name gives only its first input, so compare its output too.
        sources = earlier.concatenated_to(values[at])
        if given is not None:
            sources = sources or _sources_of_input(given, values, at) or earlier.concatenated_to(given)
        found += [(source, at) for source in sources or _sources_of_output(values, at) or (at - 1,)]
    return tuple(found)


class _Outputs:
    """The outputs of earlier layers, by their first channel on the first axis and on the last axis."""

    def __init__(self) -> None:
        self._by_first: dict[tuple[int, int], list[tuple[int, Any]]] = defaultdict(list)

    def add(self, layer: int, value: Any) -> None:
        """Adds the output of a layer, for one sample."""
        if not value.any():
            return  # zeros would match the zeros of any other layer
        for axis in _channel_axes(value):
            moved = np.moveaxis(value, axis, 0)
            self._by_first[axis, _digest(moved[0])].append((layer, moved))

    def concatenated_to(self, value: Any) -> tuple[int, ...]:
        """The layers, two or more, whose concatenated outputs are ``value``; empty if there are none."""
        for axis in _channel_axes(value):
            moved = np.moveaxis(value, axis, 0)
            sources: list[int] = []
            start = 0
            while start < len(moved):
                source, channels = self._at(axis, moved[start:])
                if not channels:
                    break
                sources.append(source)
                start += channels
            if start == len(moved) and len(sources) > 1:
                return tuple(sorted(set(sources)))
        return ()

    def _at(self, axis: int, rest: Any) -> tuple[int, int]:
        """(layer, number of channels) of the longest output that the rest begins with; 0 channels if none."""
        matching = [
            (layer, len(output))
            for layer, output in self._by_first.get((axis, _digest(rest[0])), ())
            if output.shape[1:] == rest.shape[1:] and np.array_equal(output, rest[: len(output)])
        ]
        return max(matching, key=lambda each: each[1], default=(-1, 0))


def _channel_axes(value: Any) -> tuple[int, ...]:
    axes = {0, value.ndim - 1} if value.ndim else set()
    # A single number is no evidence for a concatenation.
    return tuple(sorted(axis - value.ndim if axis else 0 for axis in axes)) if value.size > 1 else ()


def _digest(channel: Any) -> int:
    return hash(np.ascontiguousarray(channel).tobytes())


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
