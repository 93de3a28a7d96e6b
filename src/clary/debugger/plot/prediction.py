"""Summarizes the network's prediction for a sample, and its label."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

BEST = 5


def prediction_summary(
    scores: Any, label: Any, classes: Sequence[str], *, binary: str = ""
) -> dict[str, Any]:
    """The fields ``predicted``, ``label`` and ``top`` (class, probability) of a frame's head.

    scores: of one sample, [C]; softmax is applied unless they are probabilities already. A single score is a
    value, or the score of class 1 if ``binary`` is ``logit`` or ``probability``. label: a class number, or
    [C] with a single 1. classes: the names of classes 0, 1, ...
    """
    truth = _class_number(label)
    summary: dict[str, Any] = {"predicted": None, "label": _name(truth, classes), "top": []}
    if scores is None:
        return summary
    flat = np.asarray(scores, np.float64).reshape(-1)
    if not flat.size or not np.isfinite(flat).all():
        return summary
    if flat.size == 1 and binary:
        flat = _of_both_classes(float(flat[0]), logit=binary == "logit")
    if flat.size == 1:
        summary["predicted"] = f"{flat[0]:.4g}"
        if truth is None and label is not None and np.size(label) == 1:
            summary["label"] = f"{float(np.asarray(label).reshape(-1)[0]):.4g}"
        return summary
    probabilities = _probabilities(flat)
    # Sort the scores, not the probabilities: with large differences, different scores may give equal ones.
    best = np.argsort(-flat, kind="stable")[:BEST]
    summary["predicted"] = _name(int(best[0]), classes)
    summary["top"] = [[_name(int(number), classes), float(probabilities[number])] for number in best]
    return summary


def _of_both_classes(score: float, *, logit: bool) -> Any:
    """The probabilities of classes 0 and 1."""
    first = 1 / (1 + math.exp(-max(-700.0, min(700.0, score)))) if logit else min(1.0, max(0.0, score))
    return np.array([1 - first, first])


def _probabilities(scores: Any) -> Any:
    if scores.min() >= 0 and abs(scores.sum() - 1) < 1e-3:
        return scores
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def _class_number(label: Any) -> int | None:
    if label is None:
        return None
    array = np.asarray(label)
    if array.dtype.kind not in "fiub" or not np.isfinite(array.astype(np.float64)).all():
        return None
    flat = array.reshape(-1)
    if flat.size == 1:
        value = float(flat[0])
        return int(value) if value >= 0 and value == int(value) else None
    if flat.size > 1 and np.isin(flat, (0, 1)).all() and flat.sum() == 1:
        return int(np.argmax(flat))
    return None


def _name(number: int | None, classes: Sequence[str]) -> str | None:
    if number is None:
        return None
    return str(classes[number]) if number < len(classes) else str(number)
