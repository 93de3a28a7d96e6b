"""What the tensors of a step are to its network: its input, its layers in forward order, its batch.

arrays: by name, in the order of saving. A hook sees a layer's output when the layer returns, so outputs come
in forward order, and a container's after those of its parts.
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
    """The tensor that goes into the network: what its outermost module is given, or the first image."""
    saved = names.inputs(arrays)
    outputs = names.activations(arrays)
    if names.MODEL_INPUT in saved:
        return names.MODEL_INPUT
    outermost = names.input_of(outputs[-1]) if outputs else ""
    # A container returns last, and what the last of its parts has returned.
    if outermost in saved and len(outputs) > 1 and _same(arrays[outputs[-1]], arrays[outputs[-2]]):
        return outermost
    images = [name for name in saved if is_image(arrays[name].shape[1:])]
    for name in [*images, *saved]:
        if not any(_same(arrays[name], arrays[output]) for output in outputs):
            return name
    return None


def batch_size(arrays: Arrays, entry: str | None, outputs: Sequence[str]) -> int:
    """How many samples there are: as many as labels or inputs, or as most layers say."""
    for name in [*names.labels(arrays), *([entry] if entry else [])]:
        if arrays[name].ndim:
            return int(arrays[name].shape[0])
    sizes = Counter(arrays[name].shape[0] for name in outputs if arrays[name].ndim)
    return int(sizes.most_common(1)[0][0]) if sizes else 1


def batch_axis(shape: Sequence[int], samples: int) -> int | None:
    """The axis that counts samples: the first, unless another has their number ([T, N, H] of an RNN)."""
    if not shape:
        return None
    if shape[0] != samples and samples in shape:
        return list(shape).index(samples)
    return 0


def without_copies(arrays: Arrays, outputs: Iterable[str]) -> list[str]:
    """Leaves out what holds no numbers, and layers that only hand on what the one before has said.

    A container's output is that of its last layer; one that changes nothing adds nothing to a picture.
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
    # A glance at the first sample spares reading whole tensors that differ.
    floats = one.dtype.kind == "f"
    return bool(
        np.array_equal(one[:1], other[:1], equal_nan=floats) and np.array_equal(one, other, equal_nan=floats)
    )
