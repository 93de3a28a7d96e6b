"""Which running trials are not worth their time: by the median of the others (Auto), or by Hyperband.

Both look at the values that a trial has logged of its objective so far, its curve. Of a trial that has ended,
the book keeps what they compare: its marks, a value for each of some epochs.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from .book import is_at_work, value_of
from .definitions import CONFIG, definitions_of
from .hyperband import is_promising, resources_of, rungs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.kinds.stores import Document

FEWEST_COMPLETED = 4
"""Trials that have completed before the median of their curves says something."""

DENSE = 8
"""Every epoch up to this one has a mark; later ones are a fifth apart, so that a long curve has few marks."""


def is_watching(record: Document) -> bool:
    """Whether the curves of running trials matter."""
    config = record[CONFIG]
    return bool(config["Strategy"] == "Hyperband" or config.get("TrainingJobEarlyStoppingType") == "Auto")


def marks(record: Document, number: int, curve: Sequence[float]) -> dict[str, float]:
    """What the book keeps of a curve: epoch to value. number: of the trial, from 0."""
    if record[CONFIG]["Strategy"] == "Hyperband":
        found = {
            epoch: curve[epoch - 1] for epoch in rungs(*resources_of(record), number) if epoch <= len(curve)
        }
    else:
        found = {epoch: _average(curve[:epoch]) for epoch in _epochs(len(curve))}
    return {str(epoch): value for epoch, value in found.items() if math.isfinite(value)}


def to_stop(record: Document, trials: Sequence[Document], curves: Mapping[str, Sequence[float]]) -> list[str]:
    """The names of running trials that should be stopped. curves: of running trials, by name."""
    judge = _stopped_by_hyperband if record[CONFIG]["Strategy"] == "Hyperband" else _stopped_by_median
    return [
        trial["TrainingJobName"]
        for number, trial in enumerate(trials)
        if is_at_work(trial)
        and not trial.get("_Stopped")
        and (curve := curves.get(trial["TrainingJobName"]))
        and judge(record, trials, curves, number, curve)
    ]


def _stopped_by_hyperband(
    record: Document,
    trials: Sequence[Document],
    curves: Mapping[str, Sequence[float]],
    number: int,
    curve: Sequence[float],
) -> bool:
    least, most = resources_of(record)
    # A trial whose script ends with this epoch is left to save its model.
    if len(curve) > most:
        return True
    bracket = rungs(least, most, number)
    passed = [epoch for epoch in bracket if epoch <= len(curve)]
    if not passed:
        return False
    sign = _sign(record)
    others = [
        sign * value
        for other, trial in enumerate(trials)
        if other != number
        and rungs(least, most, other) == bracket
        and (value := _at_rung(trial, curves, passed[-1])) is not None
    ]
    return not is_promising(_score(curve[passed[-1] - 1], sign), others)


def _at_rung(trial: Document, curves: Mapping[str, Sequence[float]], epoch: int) -> float | None:
    curve = curves.get(trial["TrainingJobName"], ())
    value = curve[epoch - 1] if len(curve) >= epoch else trial.get("_Marks", {}).get(str(epoch))
    return value if value is not None and math.isfinite(value) else None


def _stopped_by_median(
    record: Document,
    trials: Sequence[Document],
    curves: Mapping[str, Sequence[float]],
    number: int,
    curve: Sequence[float],
) -> bool:
    epochs = _epochs(len(curve))
    if not epochs:
        return False
    epoch, sign = epochs[-1], _sign(record)
    others = [
        sign * trial["_Marks"][str(epoch)]
        for trial in trials
        if trial["TrainingJobStatus"] == "Completed"
        and value_of(trial) is not None
        and str(epoch) in trial.get("_Marks", {})
    ]
    best = max(_score(value, sign) for value in curve[:epoch])
    return len(others) >= FEWEST_COMPLETED and best < statistics.median(others)


def _epochs(length: int) -> list[int]:
    """The epochs with a mark, of a curve of so many values."""
    found: list[int] = []
    epoch = 1
    while epoch <= length:
        found.append(epoch)
        epoch += 1 if epoch < DENSE else epoch // 5
    return found


def _sign(record: Document) -> float:
    return 1.0 if definitions_of(record)[0].maximize else -1.0


def _score(value: float, sign: float) -> float:
    """Higher is better; what is no number is worse than all."""
    return sign * value if math.isfinite(value) else -math.inf


def _average(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan
