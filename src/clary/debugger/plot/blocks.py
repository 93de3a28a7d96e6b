"""Deep networks fold into their blocks: stretches of layers that stand in one part of the model.

layer1.0.conv1, layer1.0.bn1, layer1.1.conv1, ...   block layer1, of PyTorch's paths
block1/conv/outputs, block1/relu_output, ...        block block1, of Keras' names
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from . import names

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLD_FROM = 20  # layers: fewer are read at a glance
LEAST = 3  # layers of a block
MOST_OF_ALL = 0.8  # a part that holds more than this is the model itself: its own parts are the blocks
_PARTS = re.compile(r"[./]")


class Block(NamedTuple):
    """Layers ``first`` to ``last``, by number."""

    name: str
    first: int
    last: int


def blocks(layers: Sequence[str]) -> tuple[Block, ...]:
    """In their order; layers between them belong to none. layers: names of outputs."""
    if len(layers) < FOLD_FROM:
        return ()
    paths = [_PARTS.split(names.layer_of(name)) for name in layers]
    for depth in range(1, max(map(len, paths))):
        found = _at_depth(paths, depth)
        largest = max((block.last - block.first + 1 for block in found), default=0)
        if found and largest <= MOST_OF_ALL * len(layers):
            return found
    return ()


def _at_depth(paths: Sequence[Sequence[str]], depth: int) -> tuple[Block, ...]:
    found = []
    # What stands at this depth or above it is a layer of its own.
    keyed = ((tuple(path[:depth]) if len(path) > depth else None, at) for at, path in enumerate(paths))
    for key, members in groupby(keyed, key=lambda each: each[0]):
        numbers = [at for _, at in members]
        if key is not None and len(numbers) >= LEAST:
            found.append(Block(".".join(key), numbers[0], numbers[-1]))
    return tuple(found)
