"""Finds trees that are too deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..parameters import at_least
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import RuleStep

NODES = Selection(patterns=("(^|/)trees/Node$",))


@dataclass(frozen=True, slots=True)
class TreeDepth(Rule):
    """The depth is floor(log2(largest node id + 1)): XGBoost numbers the children of node n 2n+1 and 2n+2."""

    depth: int = 4

    default_collections: ClassVar[tuple[str, ...]] = ("trees",)

    meaning: ClassVar[str] = (
        "A tree is deeper than wanted: each leaf of a deep tree fits only a few examples, which overfits and "
        "makes training and inference slower."
    )
    remedy: ClassVar[str] = (
        "Lower max_depth or raise min_child_weight or gamma, and use more, shallower trees with a lower "
        "learning rate; if the validation loss keeps falling, allow more depth here."
    )

    def __post_init__(self) -> None:
        at_least("depth", self.depth, 0)

    def check(self, step: RuleStep) -> Iterator[Finding]:
        for tensor in step.select(NODES):
            largest = tensor.measure("max")
            if largest is None or largest < 0:
                continue
            depth = (int(largest) + 1).bit_length() - 1
            if depth > self.depth:
                message = f"the tree is {depth} levels deep, more than {self.depth}"
                yield Finding(
                    step.number, tensor.name, float(depth), float(self.depth), message, tensor.worker
                )
