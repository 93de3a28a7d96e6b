"""AWS's metrics of AutoML jobs, computed by scikit-learn, and the lines of the log that carry them."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics as sk

from .trouble import BadInput

BINARY, MULTICLASS, REGRESSION = "BinaryClassification", "MulticlassClassification", "Regression"
DEFAULT_METRIC = {BINARY: "F1", MULTICLASS: "Accuracy", REGRESSION: "MSE"}
"""What AWS takes when a request names no metric."""


@dataclass(frozen=True)
class Metric:
    """log_name: in ``validation:<log_name>=0.9``. engine_name: AutoGluon's."""

    name: str
    log_name: str
    engine_name: str
    maximize: bool
    problem_types: tuple[str, ...]


_CLASSES = (BINARY, MULTICLASS)
METRICS = {
    each.name: each
    for each in (
        Metric("Accuracy", "accuracy", "accuracy", True, _CLASSES),
        Metric("BalancedAccuracy", "balanced_accuracy", "balanced_accuracy", True, _CLASSES),
        Metric("LogLoss", "logloss", "log_loss", False, _CLASSES),
        Metric("AUC", "auc", "roc_auc", True, (BINARY,)),
        Metric("F1", "f1", "f1", True, (BINARY,)),
        Metric("Precision", "precision", "precision", True, (BINARY,)),
        Metric("Recall", "recall", "recall", True, (BINARY,)),
        Metric("F1macro", "f1macro", "f1_macro", True, _CLASSES),
        Metric("PrecisionMacro", "precision_macro", "precision_macro", True, _CLASSES),
        Metric("RecallMacro", "recall_macro", "recall_macro", True, _CLASSES),
        Metric("MSE", "mse", "mean_squared_error", False, (REGRESSION,)),
        Metric("RMSE", "rmse", "root_mean_squared_error", False, (REGRESSION,)),
        Metric("MAE", "mae", "mean_absolute_error", False, (REGRESSION,)),
        Metric("R2", "r2", "r2", True, (REGRESSION,)),
    )
}


def metric_for(name: str | None, problem_type: str) -> Metric:
    """Returns the metric that was asked for, or AWS's default. Raises BadInput when it does not fit."""
    name = name or DEFAULT_METRIC[problem_type]
    known = [each.name for each in METRICS.values() if problem_type in each.problem_types]
    if name not in known:
        hint = " For more than two classes there are F1macro, PrecisionMacro and RecallMacro." * (
            problem_type == MULTICLASS and name in ("F1", "Precision", "Recall")
        )
        raise BadInput(
            f"The objective metric {name} can't be measured for {problem_type}; use one of "
            f"{', '.join(known)}.{hint}"
        )
    return METRICS[name]


def class_scores(
    classes: list[str], truth: Any, labels: Any, probabilities: Any, weights: Any = None
) -> dict[str, float]:
    """Returns log name to value of predicted classes. probabilities: [rows, classes], or None.

    With two classes the second one is positive.
    """
    truth, labels = np.asarray(truth, dtype=str), np.asarray(labels, dtype=str)
    with warnings.catch_warnings():
        # Of classes that no row has, which small validation data are full of.
        warnings.simplefilter("ignore")
        found = {
            "accuracy": sk.accuracy_score(truth, labels, sample_weight=weights),
            "balanced_accuracy": sk.balanced_accuracy_score(truth, labels, sample_weight=weights),
        }
        more = {"sample_weight": weights, "zero_division": 0}
        macro = {
            "f1macro": sk.f1_score,
            "precision_macro": sk.precision_score,
            "recall_macro": sk.recall_score,
        }
        found |= {name: score(truth, labels, average="macro", **more) for name, score in macro.items()}
        if len(classes) == 2:
            more["pos_label"] = classes[1]
            pairs = {"f1": sk.f1_score, "precision": sk.precision_score, "recall": sk.recall_score}
            found |= {name: score(truth, labels, **more) for name, score in pairs.items()}
        if probabilities is not None:
            found |= _of_probabilities(classes, truth, np.asarray(probabilities, dtype=float), weights)
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}


def _of_probabilities(classes: list[str], truth: Any, probabilities: Any, weights: Any) -> dict[str, float]:
    codes = np.searchsorted(np.sort(classes), truth)
    order = np.argsort(classes)
    # Rounding of 32-bit floats would make rows whose sum is not 1.
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    loss = sk.log_loss(codes, probabilities[:, order], labels=np.arange(len(classes)), sample_weight=weights)
    found = {"logloss": loss}
    if len(classes) == 2 and len(set(truth)) == 2:
        found["auc"] = sk.roc_auc_score(truth == classes[1], probabilities[:, 1], sample_weight=weights)
    return found


def number_scores(truth: Any, values: Any, weights: Any = None) -> dict[str, float]:
    """Returns log name to value of predicted numbers."""
    truth, values = np.asarray(truth, dtype=float), np.asarray(values, dtype=float)
    mse = float(sk.mean_squared_error(truth, values, sample_weight=weights))
    found = {"mse": mse, "rmse": math.sqrt(mse)}
    found["mae"] = float(sk.mean_absolute_error(truth, values, sample_weight=weights))
    if len(truth) > 1:
        found["r2"] = float(sk.r2_score(truth, values, sample_weight=weights))
    return {name: value for name, value in found.items() if math.isfinite(value)}


def log_scores(data: str, scores: dict[str, float]) -> None:
    """Prints one line for each metric, as the job's metric definitions read them."""
    for name, value in sorted(scores.items()):
        print(f"{data}:{name}={value:.8g}", flush=True)
