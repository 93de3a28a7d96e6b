"""Converts labels and predictions, in the forms that frameworks save, to class numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .selection import Selection
    from .step import Array, RuleStep


def pairs(
    step: RuleStep, labels: Selection, predictions: Selection
) -> Iterator[tuple[str, str, Array, Array | None]]:
    """(name, worker, labels, predictions) of each worker that saved labels.

    name: of the predictions, or of the labels when no predictions were saved; predictions are None then.
    """
    for worker in dict.fromkeys(tensor.worker for tensor in step.tensors):
        known = [(t.name, a) for t, a in step.arrays(labels) if t.worker == worker]
        predicted = [(t.name, a) for t, a in step.arrays(predictions) if t.worker == worker]
        if known and predicted:
            yield predicted[0][0], worker, _joined(known), _joined(predicted)
        elif known:
            yield known[0][0], worker, _joined(known), None


def label_classes(labels: Array) -> Array:
    """Class numbers, [N], of labels that are class numbers or one-hot rows."""
    return np.argmax(labels, axis=-1).ravel() if is_one_hot(labels) else labels.ravel()


def predicted_classes(predictions: Array, labels: Array, *, argmax: bool = False) -> Array | None:
    """Class numbers, [N]; None when the predictions are not of classes (regression, margins).

    labels: class numbers, [N]. argmax: the predictions are scores over classes. Scores, [N, C], give the
    class with the largest score. Probabilities of the second of two classes, [N], give this class above 0.5.
    """
    scores = predictions.ndim > 1 and predictions.shape[-1] > 1 and predictions.size != labels.size
    if argmax or scores:
        classes = np.argmax(predictions, axis=-1).ravel()
        return classes if classes.size == labels.size else None
    flat = predictions.ravel()
    if flat.size != labels.size:
        return None
    if np.array_equal(flat, np.rint(flat)):
        return flat
    if flat.min() >= 0 and flat.max() <= 1 and np.isin(labels, (0, 1)).all():
        return (flat > 0.5).astype(np.int64)
    return None


def is_one_hot(labels: Array) -> bool:
    """Whether the labels are rows with a single one, [N, C]."""
    if labels.ndim < 2 or labels.shape[-1] < 2:
        return False
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=-1) == 1).all())


def confusion_matrix(labels: Array, predictions: Array, categories: int = 0) -> Array:
    """counts[label, prediction], [C, C]. C is ``categories``, or larger if a larger class number occurs."""
    known, predicted = labels.astype(np.int64), predictions.astype(np.int64)
    size = max(categories, int(max(known.max(initial=-1), predicted.max(initial=-1))) + 1)
    return np.bincount(known * size + predicted, minlength=size * size).reshape(size, size)


def are_class_numbers(values: Array, *, at_most: int = 1000) -> bool:
    """Whether the values can be class numbers: whole numbers from 0 to below ``at_most``."""
    return bool(
        values.size and values.min() >= 0 and values.max() < at_most and (values == np.rint(values)).all()
    )


def _joined(named: list[tuple[str, Array]]) -> Array:
    arrays = [array for _, array in named]
    if len({array.shape[1:] for array in arrays}) > 1 or arrays[0].ndim == 0:
        return np.concatenate([array.ravel() for array in arrays])
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0]
