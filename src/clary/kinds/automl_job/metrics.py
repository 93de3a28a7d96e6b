"""The metrics of candidates: their names in the log and on the wire, and which problem each is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Document = dict[str, Any]

STANDARD_NAMES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "BalancedAccuracy",
    "f1": "F1",
    "f1macro": "F1macro",
    "auc": "AUC",
    "precision": "Precision",
    "precision_macro": "PrecisionMacro",
    "recall": "Recall",
    "recall_macro": "RecallMacro",
    "logloss": "LogLoss",
    "mse": "MSE",
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R2",
}
"""From the name in the log to AWS's."""

LOGGED_NAMES = {standard: logged for logged, standard in STANDARD_NAMES.items()}

OBJECTIVES = {
    "BinaryClassification": ("Accuracy", "AUC", "BalancedAccuracy", "F1", "Precision", "Recall"),
    "MulticlassClassification": ("Accuracy", "BalancedAccuracy", "F1macro", "PrecisionMacro", "RecallMacro"),
    "Regression": ("MAE", "MSE", "R2", "RMSE"),
}
"""The metrics that each type of problem may be optimized for."""

_MINIMIZED = frozenset({"LogLoss", "MAE", "MSE", "RMSE"})
_SETS = {"train": "Train", "validation": "Validation"}

OBJECTIVE_SERIES = "ObjectiveMetric"
"""The objective under the name that AWS gives it in each training job; notebooks sort candidates by it."""


def maximizes(metric: str) -> bool:
    return metric not in _MINIMIZED


def series_of(metric: str) -> str:
    """The name under which a training job logs a metric of the validation data."""
    return f"validation:{LOGGED_NAMES[metric]}"


def metric_definitions(metric: str) -> list[Document]:
    """What a training job's log is read by, for a job that optimizes ``metric``."""
    series = {f"{part}:{logged}": f"{part}:{logged}" for part in _SETS for logged in STANDARD_NAMES}
    series[OBJECTIVE_SERIES] = series_of(metric)
    return [{"Name": name, "Regex": rf"{logged}=(\S+)"} for name, logged in series.items()]


def candidate_metrics(values: Mapping[str, float]) -> list[Document]:
    """``CandidateMetrics`` from the last values of a training job's series."""
    found: list[Document] = []
    for series, value in values.items():
        part, _, logged = series.partition(":")
        if part in _SETS and logged in STANDARD_NAMES:
            name = STANDARD_NAMES[logged]
            found.append({"MetricName": name, "StandardMetricName": name, "Value": value, "Set": _SETS[part]})
    return found
