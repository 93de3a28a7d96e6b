"""Finds classes that a model confuses with each other."""

from __future__ import annotations

from dataclasses import dataclass
from re import escape
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..classes import are_class_numbers, confusion_matrix, label_classes, pairs, predicted_classes
from ..finding import Finding
from ..parameters import at_least, between
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array, RuleStep


@dataclass(frozen=True, slots=True)
class Confusion(Rule):
    """Evaluates the columns of each step's confusion matrix: the share of samples predicted as i that are i.

    Columns of classes that were never predicted are ignored.
    """

    category_no: int | None = None
    labels: str = "labels"
    predictions: str = "predictions"
    labels_collection: str = "labels"
    predictions_collection: str = "predictions"
    min_diag: float = 0.9
    max_off_diag: float = 0.1

    meaning: ClassVar[str] = (
        "Samples that the model predicts as one class too often belong to another: the model can't "
        "distinguish these classes, or their labels are mixed up."
    )
    remedy: ClassVar[str] = (
        "Look at examples of the pair named here: check their labels, give the model more of them or finer "
        "features; early in a training it may just need more steps, so start the rule later or lower "
        "min_diag."
    )

    def __post_init__(self) -> None:
        between("min_diag", self.min_diag, 0, 1)
        between("max_off_diag", self.max_off_diag, 0, 1)
        if self.category_no is not None:
            at_least("category_no", self.category_no, 1)

    def check(self, step: RuleStep) -> Iterator[Finding]:
        labels = Selection((self.labels_collection,), (f"^{escape(self.labels)}$",))
        predictions = Selection((self.predictions_collection,), (f"^{escape(self.predictions)}$",))
        for name, worker, given, predicted in pairs(step, labels, predictions):
            known = label_classes(given)
            classes = None if predicted is None else predicted_classes(predicted, known)
            if classes is not None and are_class_numbers(known) and are_class_numbers(classes):
                matrix = confusion_matrix(known, classes, self.category_no or 0)
                yield from self._evaluate(step, name, worker, matrix)

    def _evaluate(self, step: RuleStep, name: str, worker: str, matrix: Array) -> Iterator[Finding]:
        predicted = np.flatnonzero(matrix.sum(axis=0))
        shares = matrix[:, predicted] / matrix[:, predicted].sum(axis=0)  # [C, predicted classes]
        right = shares[predicted, np.arange(predicted.size)]
        worst = int(np.argmin(right))
        if right[worst] < self.min_diag:
            message = (
                f"{100 * right[worst]:.0f}% of what was predicted as class {predicted[worst]} is that class"
            )
            yield Finding(step.number, name, float(right[worst]), self.min_diag, message, worker)
        wrong = shares.copy()
        wrong[predicted, np.arange(predicted.size)] = 0
        actual, column = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        share = float(wrong[actual, column])
        if share > self.max_off_diag:
            message = (
                f"{100 * share:.0f}% of what was predicted as class {predicted[column]} is class {actual}"
            )
            yield Finding(step.number, name, share, self.max_off_diag, message, worker)
