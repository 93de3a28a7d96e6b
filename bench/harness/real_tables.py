"""Real tables that packages carry, each with rows to learn from and rows that are held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped, unused-ignore]
from mlxtend.data import autompg_data, boston_housing_data  # type: ignore[import-untyped, unused-ignore]
from sklearn import datasets  # type: ignore[import-untyped, unused-ignore]
from sklearn.model_selection import train_test_split  # type: ignore[import-untyped, unused-ignore]

TARGET = "target"
HELD_OUT_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class RealTable:
    """problem_type, metric: AWS's names."""

    name: str
    frame: Any
    problem_type: str
    metric: str

    @property
    def is_regression(self) -> bool:
        return self.problem_type == "Regression"

    def split(self, seed: int = 0) -> tuple[Any, Any]:
        labels = None if self.is_regression else self.frame[TARGET]
        train, test = train_test_split(
            self.frame, test_size=HELD_OUT_SHARE, random_state=seed, stratify=labels
        )
        return train, test

    def losses(self, truth: Any, predicted: Any) -> Any:
        """The loss of each row: 1 for a wrong class, or the squared error."""
        if self.is_regression:
            return (np.asarray(truth, dtype=float) - np.asarray(predicted, dtype=float)) ** 2
        return (np.asarray(truth).astype(str) != np.asarray(predicted).astype(str)).astype(float)

    def score(self, losses: Any) -> float:
        """Accuracy, or the root of the mean squared error."""
        return float(np.sqrt(losses.mean()) if self.is_regression else 1 - losses.mean())


def real_tables() -> list[RealTable]:
    classes = [
        _of_scikit_learn("breast cancer", datasets.load_breast_cancer, "BinaryClassification"),
        _of_scikit_learn("wine", datasets.load_wine, "MulticlassClassification"),
        _of_scikit_learn("iris", datasets.load_iris, "MulticlassClassification"),
        _of_scikit_learn("digits", datasets.load_digits, "MulticlassClassification"),
    ]
    numbers = [
        RealTable("diabetes", datasets.load_diabetes(as_frame=True).frame, "Regression", "MSE"),
        RealTable("auto mpg", _of_mlxtend(autompg_data()), "Regression", "MSE"),
        RealTable("Boston housing", _of_mlxtend(boston_housing_data()), "Regression", "MSE"),
    ]
    return classes + numbers


def _of_scikit_learn(name: str, load: Any, problem_type: str) -> RealTable:
    return RealTable(name, load(as_frame=True).frame, problem_type, "Accuracy")


def _of_mlxtend(data: tuple[Any, Any]) -> Any:
    features, target = data
    frame = pd.DataFrame(features, columns=[f"feature {number}" for number in range(features.shape[1])])
    return frame.assign(**{TARGET: target})
