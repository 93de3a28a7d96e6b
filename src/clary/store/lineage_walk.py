"""A walk over the lineage that stays small: only the newest links of each vertex, and a number of vertices.

An image may have led to 10,000 jobs. A reader sees the newest, and how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .links import LinkKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .links import Link, Links


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a walk goes.

    depth: in edges. each: links of a vertex in one direction. skip: the newest links of a start to leave out.
    most: vertices.
    """

    depth: int
    each: int
    skip: int
    most: int


@dataclass(slots=True)
class Reached:
    """ARNs in the order in which they were reached, the starts first; and the links between them."""

    arns: dict[str, None]
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    is_cut: bool = False
    """Whether vertices are missing because there were too many."""


def walk(links: Links, starts: Iterable[str], extent: Walk, *, back: bool, ahead: bool) -> Reached:
    """Walks to causes (``back``) and to results (``ahead``), level by level, a cycle once."""
    first = list(dict.fromkeys(starts))
    reached = Reached(dict.fromkeys(first))
    levels = {is_back: first for is_back, wanted in ((True, back), (False, ahead)) if wanted}
    seen = {is_back: set(first) for is_back in levels}
    # Both directions advance together, so that neither leaves the other no room.
    for depth in range(extent.depth):
        for is_back, level in levels.items():
            found: dict[str, None] = {}
            for arn in level:
                skip = extent.skip if depth == 0 else 0
                for link in links.newest(LinkKind.ASSOCIATION, arn, extent.each, skip=skip, to=is_back):
                    end = link.source if is_back else link.target
                    if end not in reached.arns and len(reached.arns) >= extent.most:
                        reached.is_cut = True
                        continue
                    reached.arns[end] = None
                    reached.links[link.source, link.target] = link
                    if end not in seen[is_back]:
                        found[end] = None
            seen[is_back].update(found)
            levels[is_back] = list(found)
    return reached
