"""Finds classes that are rare in the data, or often predicted wrongly."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..classes import label_classes, pairs, predicted_classes
from ..finding import Finding
from ..parameters import at_least, between
from ..rule import RuleContext, RuleWithMemory
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, RuleStep


@dataclass(slots=True)
class ClassCounts:
    """By class: the number of labels, of labels with a prediction, and of wrong predictions."""

    seen: dict[float, int] = field(default_factory=dict)
    predicted: dict[float, int] = field(default_factory=dict)
    wrong: dict[float, int] = field(default_factory=dict)


CountsByMode = dict[str, ClassCounts]


@dataclass(frozen=True, slots=True)
class ClassImbalance(RuleWithMemory[CountsByMode]):
    """Counts labels over all steps of a mode, and evaluates them after the first ``samples`` labels.

    Each mode is counted separately: balanced validation data would hide the imbalance of the training data.
    """

    threshold_imbalance: float = 10.0  # labels of the most frequent class per label of the rarest class
    threshold_misprediction: float = 0.7  # share of a class that is predicted wrongly, 0..1
    samples: int = 500
    argmax: bool = False  # predictions are scores over classes
    labels_regex: tuple[str, ...] = (".*labels",)
    predictions_regex: tuple[str, ...] = (".*predictions",)

    meaning: ClassVar[str] = (
        "Some classes are far rarer than others, or are mostly predicted wrongly: the model can be good on "
        "average and still fail on these classes."
    )
    remedy: ClassVar[str] = (
        "Sample the rare classes more often or weight their loss, collect more of them, and judge the model "
        "by per-class recall rather than by accuracy."
    )

    def __post_init__(self) -> None:
        at_least("threshold_imbalance", self.threshold_imbalance, 1)
        between("threshold_misprediction", self.threshold_misprediction, 0, 1)
        at_least("samples", self.samples, 1)

    def memory(self, context: RuleContext) -> CountsByMode:
        return defaultdict(ClassCounts)

    def check(self, step: RuleStep, memory: CountsByMode) -> Iterator[Finding]:
        last = None
        counts = memory[step.mode]
        labels, predictions = (
            Selection(patterns=self.labels_regex),
            Selection(patterns=self.predictions_regex),
        )
        for name, worker, given, predicted in pairs(step, labels, predictions):
            self._count(given, predicted, counts)
            last = name, worker
        if last is not None and sum(counts.seen.values()) >= self.samples:
            yield from self._imbalance(step, *last, counts)
            yield from self._mispredictions(step, *last, counts)

    def _count(self, given: Array, predicted: Array | None, counts: ClassCounts) -> None:
        known = label_classes(given)
        _add(counts.seen, known)
        classes = None if predicted is None else predicted_classes(predicted, known, argmax=self.argmax)
        if classes is not None:
            _add(counts.predicted, known)
            _add(counts.wrong, known[classes != known])

    def _imbalance(self, step: RuleStep, name: str, worker: str, counts: ClassCounts) -> Iterator[Finding]:
        most, least = (
            max(counts.seen, key=counts.seen.__getitem__),
            min(counts.seen, key=counts.seen.__getitem__),
        )
        ratio = counts.seen[most] / counts.seen[least]
        if ratio > self.threshold_imbalance:
            message = (
                f"class {most:g} was seen {counts.seen[most]} times and class {least:g} {counts.seen[least]} "
                f"times, {ratio:.3g} to 1"
            )
            yield Finding(step.number, name, ratio, self.threshold_imbalance, message, worker)

    def _mispredictions(
        self, step: RuleStep, name: str, worker: str, counts: ClassCounts
    ) -> Iterator[Finding]:
        for label, total in counts.predicted.items():
            share = counts.wrong.get(label, 0) / total
            if share > self.threshold_misprediction:
                message = f"{100 * share:.0f}% of class {label:g} were mispredicted ({total} samples)"
                yield Finding(step.number, name, share, self.threshold_misprediction, message, worker)


def _add(counts: dict[float, int], classes: Array) -> None:
    for value, count in zip(*np.unique(classes, return_counts=True), strict=True):
        counts[float(value)] = counts.get(float(value), 0) + int(count)
