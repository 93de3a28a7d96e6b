"""Metrics of classification: precision, recall, F1, and the ROC curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .step import Array


def precision_recall_f1(matrix: Array) -> tuple[Array, Array, Array, Array]:
    """Precision, recall, F1 and number of samples of each class, [C] each; 0 where the denominator is 0.

    matrix: counts[label, prediction], [C, C].
    """
    right = np.diagonal(matrix).astype(float)
    predicted, support = matrix.sum(axis=0), matrix.sum(axis=1)
    precision = _ratio(right, predicted)
    recall = _ratio(right, support)
    return precision, recall, _ratio(2 * precision * recall, precision + recall), support


def roc_curve(labels: Array, scores: Array) -> tuple[Array, Array, float]:
    """The false and true positive rates for decreasing thresholds, and the area under the curve.

    labels: 0 or 1, [N]; both must occur, or the area is meaningless. scores: [N]; higher means 1.
    """
    order = np.argsort(-scores, kind="stable")
    positive = labels[order] == 1
    # Samples with equal scores are on the same side of every threshold.
    ends = np.append(np.flatnonzero(np.diff(scores[order])), scores.size - 1)
    true = np.concatenate(([0], np.cumsum(positive)[ends]))
    false = np.concatenate(([0], np.cumsum(~positive)[ends]))
    true_rate, false_rate = _ratio(true, np.array(true[-1])), _ratio(false, np.array(false[-1]))
    return false_rate, true_rate, float(np.trapezoid(true_rate, false_rate))


def _ratio(numerator: Array, denominator: Array) -> Array:
    zeros = np.zeros(np.shape(numerator))
    return np.divide(numerator, denominator, out=zeros, where=np.asarray(denominator) != 0)
