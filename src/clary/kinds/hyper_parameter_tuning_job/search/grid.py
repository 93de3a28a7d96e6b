"""Every combination of categories, each once, in an order that the seed shuffles.

In the order of the ranges, a tuning job that is stopped half-way would have seen half of the first one only.
"""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .space import Parameter, Value


def size(space: Sequence[Parameter]) -> int:
    """The number of combinations."""
    return math.prod(int(parameter.count) for parameter in space)


def combination(space: Sequence[Parameter], seed: int, number: int) -> dict[str, Value]:
    """The combination of one number, 0 to ``size(space) - 1``."""
    order = list(range(size(space)))
    Random(seed).shuffle(order)
    rest = order[number]
    values: dict[str, Value] = {}
    for parameter in space:
        rest, index = divmod(rest, int(parameter.count))
        values[parameter.name] = parameter.at((index + 0.5) / parameter.count)
    return values
