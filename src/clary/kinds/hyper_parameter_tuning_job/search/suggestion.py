"""The next trials of a tuning job. The same seed and the same trials so far give the same next ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from . import grid, uniform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .space import Parameter, Value

REPEATED_DRAWS = 50
"""Draws for a combination that was not tried before. Each draw costs a few microseconds."""


class Strategy(Enum):
    BAYESIAN = "Bayesian"
    RANDOM = "Random"
    GRID = "Grid"
    HYPERBAND = "Hyperband"


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier trial. objective: None while it runs, and when it ended without a value (``ended``)."""

    values: Mapping[str, Value]
    objective: float | None = None
    ended: bool = True


@dataclass(frozen=True, slots=True)
class TrialSearch:
    """One search: what may be chosen, and what is known. past: in the order in which they were suggested."""

    strategy: Strategy
    seed: int
    space: tuple[Parameter, ...]
    maximize: bool
    past: tuple[Past, ...] = ()


def suggest(searches: Sequence[TrialSearch], first: int, count: int) -> list[tuple[int, dict[str, Value]]]:
    """(index of its search, values) of trials ``first`` to ``first + count - 1``. The searches take turns.

    It may take tens of milliseconds, and half a second the first time: not for the event loop.
    """
    known = list(searches)
    found: list[tuple[int, dict[str, Value]]] = []
    for number in range(first, first + count):
        index, turn = _turn(searches, number)
        values = _next(known[index], number, turn)
        found.append((index, values))
        known[index] = replace(known[index], past=(*known[index].past, Past(values, ended=False)))
    return found


def _turn(searches: Sequence[TrialSearch], number: int) -> tuple[int, int]:
    """(index of the search that a trial belongs to, which of its trials it is). Grids are done one by one."""
    if searches[0].strategy is not Strategy.GRID:
        return number % len(searches), number // len(searches)
    index = 0
    while number >= grid.size(searches[index].space):
        number -= grid.size(searches[index].space)
        index += 1
    return index, number


def _next(search: TrialSearch, number: int, turn: int) -> dict[str, Value]:
    if search.strategy is Strategy.GRID:
        return grid.combination(search.space, search.seed, turn)
    if search.strategy is not Strategy.BAYESIAN:
        return uniform.draw(search.space, search.seed, number)
    # It imports Optuna, which takes 0.6 s and 20 MiB.
    from . import model

    return _untried(search, number, model.next_values(search, number))


def _untried(search: TrialSearch, number: int, values: dict[str, Value]) -> dict[str, Value]:
    """The values, or others that no trial has had, if the model repeats itself in a space with few values."""
    tried = [past.values for past in search.past]
    draw = 0
    while values in tried and draw < REPEATED_DRAWS:
        values = uniform.draw(search.space, search.seed, number, draw)
        draw += 1
    return values
