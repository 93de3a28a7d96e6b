"""Finds the blocks into which a deep network folds: consecutive layers in one part of the model.

layer1.0.conv1, layer1.0.bn1, layer1.1.conv1, ...   block layer1, of PyTorch's paths
block1/conv/outputs, block1/relu_output, ...        block block1, of Keras' names
net_stage1_conv0, net_stage1_relu0, ...             block net_stage1, of Gluon's prefixes
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from . import names

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLD_FROM = 20  # layers; a network with fewer is not folded
MIN_LAYERS = 3  # of a block
MAX_SHARE = 0.8  # of all layers; a larger part is the model itself, and its own parts are the blocks
_SEPARATOR = re.compile(r"[./]")


class Block(NamedTuple):
    """The layers with the numbers ``first`` to ``last``, both included."""

    name: str
    first: int
    last: int


def blocks(layers: Sequence[str]) -> tuple[Block, ...]:
    """The blocks in order. Layers between them belong to no block. layers: names of outputs."""
    if len(layers) < FOLD_FROM:
        return ()
    titles = [names.layer_of(name) for name in layers]
    # Gluon's names have neither separator: their prefixes end with "_". Elsewhere "_" is a part of a name.
    gluon = not any(map(_SEPARATOR.search, titles))
    paths = [title.split("_") if gluon else _SEPARATOR.split(title) for title in titles]
    for depth in range(1, max(map(len, paths))):
        found = _at_depth(paths, depth, "_" if gluon else ".")
        largest = max((block.last - block.first + 1 for block in found), default=0)
        if found and largest <= MAX_SHARE * len(layers):
            return found
    return ()


def _at_depth(paths: Sequence[Sequence[str]], depth: int, separator: str) -> tuple[Block, ...]:
    found = []
    # A layer whose path is not longer than this depth belongs to no block.
    keyed = ((tuple(path[:depth]) if len(path) > depth else None, at) for at, path in enumerate(paths))
    for key, members in groupby(keyed, key=lambda each: each[0]):
        numbers = [at for _, at in members]
        if key is not None and len(numbers) >= MIN_LAYERS:
            found.append(Block(separator.join(key), numbers[0], numbers[-1]))
    return tuple(found)
