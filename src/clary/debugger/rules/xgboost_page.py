"""The page of the XGBoost report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .classes import are_class_numbers, confusion_matrix, label_classes, predicted_classes
from .metric_curves import comment
from .report import (
    About,
    ChartLine,
    Section,
    bars,
    frames,
    heat_map,
    histogram,
    joined,
    lines,
    page,
    paragraphs,
    table,
)
from .scores import precision_recall_f1, roc_curve
from .series import binned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from .step import Array

MAX_CLASSES = 50
MAX_FRAMES = 30
MAX_FEATURES = 15
LABEL_BINS = 10


@dataclass(slots=True)
class Rounds:
    """The data of a training for the report.

    metrics: by name, (round, value) of each round. importance: by kind and feature.
    """

    metrics: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    importance: dict[str, dict[str, float]] = field(default_factory=dict)
    hyperparameters: dict[str, str] = field(default_factory=dict)
    labels: Array | None = None
    predictions: dict[int, Array] = field(default_factory=dict)
    """By round, oldest first. In long trainings, only of some rounds."""


def xgboost_page(rounds: Rounds, about: About) -> str:
    """The whole HTML document."""
    sections = [Section("metrics", "Metrics", _metrics(rounds))]
    classes = _classes(rounds)
    if rounds.labels is not None and rounds.predictions:
        sections += _classification(rounds, classes) if classes else _regression(rounds)
    if rounds.importance:
        sections.append(Section("features", "Feature importance", _importance(rounds.importance)))
    if rounds.hyperparameters:
        rows = sorted(rounds.hyperparameters.items())
        sections.append(Section("hyperparameters", "Hyperparameters", table(("name", "value"), rows)))
    return page("XGBoost training report", about, paragraphs(comment(rounds.metrics)), sections)


def _metrics(rounds: Rounds) -> Markup:
    kinds: dict[str, list[ChartLine]] = {}
    for name, points in sorted(rounds.metrics.items()):
        kind = name.rpartition("-")[2]
        line = ChartLine(name, [float(step) for step, _ in points], [value for _, value in points])
        kinds.setdefault(kind, []).append(line)
    if not kinds:
        return paragraphs("None was saved.")
    return joined(lines(kind, drawn, x_label="round") for kind, drawn in kinds.items())


def _classes(rounds: Rounds) -> dict[int, Array]:
    """The predicted classes by round; empty for a regression."""
    if rounds.labels is None:
        return {}
    known = label_classes(rounds.labels)
    if not are_class_numbers(known, at_most=MAX_CLASSES):
        return {}
    found = {number: predicted_classes(values, known) for number, values in rounds.predictions.items()}
    return {
        number: classes
        for number, classes in found.items()
        if classes is not None and are_class_numbers(classes, at_most=MAX_CLASSES)
    }


def _classification(rounds: Rounds, classes: Mapping[int, Array]) -> list[Section]:
    assert rounds.labels is not None
    known = label_classes(rounds.labels)
    count = int(max(known.max(), max(predicted.max() for predicted in classes.values()))) + 1
    matrices = {number: confusion_matrix(known, predicted, count) for number, predicted in classes.items()}
    distribution = {f"class {label}": float(n) for label, n in enumerate(np.bincount(known.astype(int)))}
    sections = [
        Section("labels", "Labels", bars("How often each class occurs", distribution)),
        Section("confusion", "Confusion matrix", _confusion(matrices)),
        Section("scores", "Precision, recall and F1", _scores(matrices[max(matrices)])),
        Section("accuracy", "Accuracy of each class", _accuracy(matrices)),
    ]
    scores = rounds.predictions[max(rounds.predictions)].ravel()
    if count == 2 and scores.size == known.size and np.unique(scores).size > 2:
        false, true, area = roc_curve(known, scores)
        drawn = lines(
            f"AUC {area:.4f}", [ChartLine("ROC", false.tolist(), true.tolist())], x_label="false positives"
        )
        sections.append(Section("roc", "ROC curve", drawn))
    return sections


def _confusion(matrices: Mapping[int, Array]) -> Markup:
    numbers = list(matrices)
    stride = max(1, -(-len(numbers) // MAX_FRAMES))
    shown = sorted({*numbers[::stride], numbers[-1]})
    maps = [heat_map("", matrices[n].tolist(), y_label="label", x_label="prediction") for n in shown]
    return frames("confusion-frames", [f"Round {number}" for number in shown], maps)


def _scores(matrix: Array) -> Markup:
    precision, recall, f1, support = precision_recall_f1(matrix)
    rows: list[tuple[object, ...]] = [
        (
            f"class {label}",
            float(precision[label]),
            float(recall[label]),
            float(f1[label]),
            int(support[label]),
        )
        for label in range(len(support))
    ]
    total = int(support.sum())
    rows.append(("mean", float(precision.mean()), float(recall.mean()), float(f1.mean()), total))
    weighted = [float(np.average(values, weights=support)) for values in (precision, recall, f1)]
    rows.append(("weighted mean", *weighted, total))
    return table(("", "precision", "recall", "F1", "samples"), rows)


def _accuracy(matrices: Mapping[int, Array]) -> Markup:
    numbers = [float(number) for number in matrices]
    recalls = np.array([precision_recall_f1(matrix)[1] for matrix in matrices.values()])
    drawn = [
        ChartLine(f"class {label}", numbers, recalls[:, label].tolist()) for label in range(recalls.shape[1])
    ]
    return lines("Share of each class that is predicted right", drawn, x_label="round")


def _regression(rounds: Rounds) -> list[Section]:
    assert rounds.labels is not None
    labels = rounds.labels.ravel().astype(float)
    fitting = {
        number: values.ravel() for number, values in rounds.predictions.items() if values.size == labels.size
    }
    counts, edges = binned(labels, 40)
    sections = [Section("labels", "Labels", histogram("Distribution", counts, edges))]
    if fitting:
        last = max(fitting)
        counts, edges = binned(fitting[last] - labels, 40)
        drawn = histogram(f"Prediction minus label in round {last}", counts, edges)
        sections.append(Section("residuals", "Residuals", drawn))
        sections.append(Section("bins", "Error by size of the label", _error_by_bin(labels, fitting)))
    return sections


def _error_by_bin(labels: Array, predictions: Mapping[int, Array]) -> Markup:
    edges = np.unique(np.quantile(labels, np.linspace(0, 1, LABEL_BINS + 1)))
    which = np.clip(np.searchsorted(edges, labels, side="right") - 1, 0, max(len(edges) - 2, 0))
    counts = np.maximum(np.bincount(which), 1)
    errors = (
        np.array([np.bincount(which, weights=(p - labels) ** 2) / counts for p in predictions.values()])
        ** 0.5
    )
    numbers = [float(number) for number in predictions]
    drawn = [
        ChartLine(
            f"{edges[i]:.3g} to {edges[min(i + 1, len(edges) - 1)]:.3g}", numbers, errors[:, i].tolist()
        )
        for i in range(errors.shape[1])
    ]
    return lines("Root mean square error by label", drawn, x_label="round")


def _importance(importance: Mapping[str, Mapping[str, float]]) -> Markup:
    charts = []
    for kind, features in importance.items():
        strongest = sorted(features.items(), key=lambda item: -item[1])[:MAX_FEATURES]
        charts.append(bars(f"by {kind}", dict(strongest)))
    return joined(charts)
