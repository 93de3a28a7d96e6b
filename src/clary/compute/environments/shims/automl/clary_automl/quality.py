"""The statistics of a model quality report, in the form of AWS's Model Monitor and Autopilot."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from sklearn import metrics as sk

from .metrics import BINARY, REGRESSION
from .model import Prediction
from .schema import Schema
from .train import scores

SAMPLES = 20
"""Of the spread of each value: parts of the rows, drawn with replacement, as AWS's reports have it."""
MOST_CURVE_POINTS = 100
_REPORT_NAMES = {
    "balanced_accuracy": "balanced_accuracy",
    "f1macro": "macro_f1",
    "precision_macro": "macro_precision",
    "recall_macro": "macro_recall",
    "logloss": "log_loss",
}


def statistics(schema: Schema, truth: Any, prediction: Prediction, weights: Any = None) -> dict[str, Any]:
    """Returns what ``statistics.json`` has."""
    values = scores(schema, truth, prediction, weights)
    spread = _spread(schema, truth, prediction, weights)
    found: dict[str, Any] = {
        _REPORT_NAMES.get(name, name): {"value": value, "standard_deviation": spread.get(name, "NaN")}
        for name, value in values.items()
    }
    if schema.problem_type == REGRESSION:
        return {"version": 0.0, "dataset": _dataset(truth), "regression_metrics": found}
    labels = np.asarray(prediction.labels, dtype=str)
    truth = np.asarray(truth, dtype=str)
    found["confusion_matrix"] = _confusion(schema.classes, truth, labels)
    if schema.problem_type == BINARY:
        found |= _curves(truth == schema.classes[1], prediction.probabilities[:, 1])
        return {"version": 0.0, "dataset": _dataset(truth), "binary_classification_metrics": found}
    return {"version": 0.0, "dataset": _dataset(truth), "multiclass_classification_metrics": found}


def _dataset(truth: Any) -> dict[str, Any]:
    return {"item_count": len(truth)}


def _spread(schema: Schema, truth: Any, prediction: Prediction, weights: Any) -> dict[str, float]:
    random = np.random.default_rng(0)
    truth = np.asarray(truth)
    drawn = []
    for _ in range(SAMPLES):
        rows = random.integers(0, len(truth), len(truth))
        chances = None if prediction.probabilities is None else prediction.probabilities[rows]
        part = Prediction(np.asarray(prediction.labels)[rows], chances)
        drawn.append(scores(schema, truth[rows], part, None if weights is None else weights[rows]))
    names = set.intersection(*map(set, drawn))
    return {name: float(np.std([each[name] for each in drawn], ddof=1)) for name in names}


def _confusion(classes: list[str], truth: Any, labels: Any) -> dict[str, dict[str, int]]:
    matrix = sk.confusion_matrix(truth, labels, labels=classes)
    return {
        actual: {predicted: int(matrix[i, j]) for j, predicted in enumerate(classes)}
        for i, actual in enumerate(classes)
    }


def _curves(positive: Any, chances: Any) -> dict[str, Any]:
    if positive.all() or not positive.any():
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        false_rate, true_rate, _ = sk.roc_curve(positive, chances)
        precision, recall, _ = sk.precision_recall_curve(positive, chances)
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": _thinned(false_rate),
            "true_positive_rates": _thinned(true_rate),
        },
        "precision_recall_curve": {"precisions": _thinned(precision), "recalls": _thinned(recall)},
    }


def _thinned(values: Any) -> list[float]:
    step = max(1, math.ceil(len(values) / MOST_CURVE_POINTS))
    kept = list(values[::step])
    if (len(values) - 1) % step:
        kept.append(values[-1])
    return [float(value) for value in kept]
