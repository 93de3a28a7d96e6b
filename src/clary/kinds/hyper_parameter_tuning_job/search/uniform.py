"""Values that are uniform on the scale of each parameter. They depend on the seed and the number only."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .space import Parameter, Value


def draw(space: Sequence[Parameter], seed: int, number: int, repeated: int = 0) -> dict[str, Value]:
    """The values of one trial. repeated: another number for another draw of the same trial."""
    random = Random(f"{seed}/{number}/{repeated}")
    return {parameter.name: parameter.at(random.random()) for parameter in space}
