"""Hyperband: many trials begin, and those that are not among the best of their bracket are stopped early.

    epochs       1     3     9    27
    bracket 0    x ──> x ──> x ──> x      many trials, stopped at 1, 3 and 9
    bracket 1          x ──> x ──> x      fewer, stopped at 3 and 9
    bracket 2                x ──> x

A trial goes on beyond a rung while its value there is among the best third of those that came so far. So no
trial waits for others, as in the asynchronous form of successive halving (Li et al., 2020). The epochs of a
trial are the values of its objective that it has logged.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError

from .definitions import CONFIG, definitions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.stores import Document

ETA = 3

EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs", "num-epochs", "max_epochs")
"""Static hyperparameters that say how many epochs a trial has."""


def resources_of(record: Document) -> tuple[int, int]:
    """(MinResource, MaxResource). Raises ValidationError when there is no MaxResource."""
    path = f"{CONFIG}.StrategyConfig.HyperbandStrategyConfig"
    given = record[CONFIG].get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
    least = int(given.get("MinResource", 1))
    most = int(given["MaxResource"]) if "MaxResource" in given else _epochs(record)
    if most is None:
        raise ValidationError(
            f"{path}.MaxResource is needed: how many values of the objective metric a whole trial logs. "
            f"Without it, a static hyperparameter says it, named {', '.join(EPOCHS[:-1])} or {EPOCHS[-1]}."
        )
    if least >= most:
        raise ValidationError(
            f"{path}: MinResource {least} has to be less than MaxResource {most}; lower it, or raise "
            "MaxResource."
        )
    return least, most


def rungs(least: int, most: int, number: int) -> tuple[int, ...]:
    """The rungs of a trial's bracket, in epochs, before MaxResource. number: of the trial, from 0."""
    count = int(math.log(most / least + 1e-9) / math.log(ETA)) + 1
    shares = [math.ceil(count / (count - start) * ETA ** (count - 1 - start)) for start in range(count)]
    place = number % sum(shares)
    start = 0
    while place >= shares[start]:
        place -= shares[start]
        start += 1
    return tuple(least * ETA**step for step in range(start, count) if least * ETA**step < most)


def is_promising(score: float, others: Sequence[float]) -> bool:
    """Whether a trial goes on beyond a rung. Higher scores are better. others: at this rung."""
    better = sum(other > score for other in others)
    return better < max(1, math.ceil((len(others) + 1) / ETA)) or len(others) + 1 < ETA


def _epochs(record: Document) -> int | None:
    for definition in definitions_of(record):
        for name in EPOCHS:
            text = definition.static.get(name, "").strip('"')
            if text.isdecimal() and int(text) > 0:
                return int(text)
    return None
