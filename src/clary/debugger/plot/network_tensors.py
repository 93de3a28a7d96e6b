"""Finds the network's input, its layers in forward order, and its batch among the tensors of a step.

In all functions, ``arrays`` are by name, in the order in which they were saved. A hook saves a layer's output
when the layer returns. So outputs are in forward order, and the output of a container comes after those of
its parts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import names
from .tiles import is_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Arrays = Mapping[str, Any]


def network_input(arrays: Arrays) -> str | None:
    """The name of the network's input: that of its outermost module, or the first image; None if unknown."""
    saved = names.inputs(arrays)
    outputs = names.activations(arrays)
    if names.MODEL_INPUT in saved:
        return names.MODEL_INPUT
    outermost = names.input_of(outputs[-1]) if outputs else ""
    # The outermost module returns last, and it returns the output of its last part.
    if outermost in saved and len(outputs) > 1 and _same(arrays[outputs[-1]], arrays[outputs[-2]]):
        return outermost
    images = [name for name in saved if is_image(arrays[name].shape[1:])]
    for name in [*images, *saved]:
        if not any(_same(arrays[name], arrays[output]) for output in outputs):
            return name
    return None


def batch_size(arrays: Arrays, entry: str | None, outputs: Sequence[str]) -> int:
    """The number of samples: the length of the labels or the input, else the most frequent one in outputs."""
    for name in [*names.labels(arrays), *([entry] if entry else [])]:
        if arrays[name].ndim:
            return int(arrays[name].shape[0])
    sizes = Counter(arrays[name].shape[0] for name in outputs if arrays[name].ndim)
    return int(sizes.most_common(1)[0][0]) if sizes else 1


def batch_axis(shape: Sequence[int], samples: int) -> int | None:
    """The axis of the samples: the first one, unless only another has the right length ([T, N, H] of an RNN).

    None for a tensor without axes.
    """
    if not shape:
        return None
    if shape[0] != samples and samples in shape:
        return list(shape).index(samples)
    return 0


def without_copies(arrays: Arrays, outputs: Iterable[str]) -> list[str]:
    """The outputs without those that are not numbers, and without copies of the output before.

    The output of a container is equal to that of its last layer; it would add nothing to the picture.
    """
    kept: list[str] = []
    for name in outputs:
        value = arrays[name]
        if value.dtype.kind in "fiub" and value.ndim and not (kept and _same(value, arrays[kept[-1]])):
            kept.append(name)
    return kept


def _same(one: Any, other: Any) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    # Compare the first sample before the whole tensors: in most cases they differ there.
    floats = one.dtype.kind == "f"
    return bool(
        np.array_equal(one[:1], other[:1], equal_nan=floats) and np.array_equal(one, other, equal_nan=floats)
    )
