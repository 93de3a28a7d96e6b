"""Labels and predictions, whatever form a framework gives them, as pairs of class numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .selection import Selection
    from .step import Array, Step


def pairs(
    step: Step, labels: Selection, predictions: Selection
) -> Iterator[tuple[str, str, Array, Array | None]]:
    """Per worker: name of the predictions, worker, labels, predictions (None when not saved)."""
    for worker in dict.fromkeys(tensor.worker for tensor in step.tensors):
        known = [(t.name, a) for t, a in step.arrays(labels) if t.worker == worker]
        guessed = [(t.name, a) for t, a in step.arrays(predictions) if t.worker == worker]
        if known and guessed:
            yield guessed[0][0], worker, _joined(known), _joined(guessed)
        elif known:
            yield known[0][0], worker, _joined(known), None


def label_classes(labels: Array) -> Array:
    """Class numbers, [N]; one-hot rows become the position of their one."""
    return np.argmax(labels, axis=-1).ravel() if is_one_hot(labels) else labels.ravel()


def predicted_classes(predictions: Array, labels: Array, *, argmax: bool = False) -> Array | None:
    """Class numbers, [N], or None when the predictions are not of classes (regression, margins).

    labels: class numbers, [N]. Scores over classes, [N, C], become their largest; probabilities of the
    second of two classes, [N], are cut at one half.
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
    if labels.ndim < 2 or labels.shape[-1] < 2:
        return False
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=-1) == 1).all())


def confusion_matrix(labels: Array, predictions: Array, categories: int = 0) -> Array:
    """counts[label, prediction], [C, C]; C is ``categories``, or more where more were seen."""
    known, guessed = labels.astype(np.int64), predictions.astype(np.int64)
    size = max(categories, int(max(known.max(initial=-1), guessed.max(initial=-1))) + 1)
    return np.bincount(known * size + guessed, minlength=size * size).reshape(size, size)


def are_class_numbers(values: Array, *, at_most: int = 1000) -> bool:
    """Whether these can be classes: whole numbers from 0, of a size that a matrix can have."""
    return bool(
        values.size and values.min() >= 0 and values.max() < at_most and (values == np.rint(values)).all()
    )


def _joined(named: list[tuple[str, Array]]) -> Array:
    arrays = [array for _, array in named]
    if len({array.shape[1:] for array in arrays}) > 1 or arrays[0].ndim == 0:
        return np.concatenate([array.ravel() for array in arrays])
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0]
