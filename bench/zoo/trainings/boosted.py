"""Trainings of XGBoost, with and without a fault: ``python boosted.py NAME SEED``."""

from __future__ import annotations

import sys

import numpy as np
import sklearn.datasets
import xgboost as xgb
from sklearn.model_selection import train_test_split

ROUNDS = 60


def boosted_classes(seed: int) -> None:
    """Ten digits, shallow trees, until the validation loss stops falling."""
    x, y = sklearn.datasets.load_digits(return_X_y=True)
    parameters = {
        "objective": "multi:softprob",
        "num_class": 10,
        "eta": 0.2,
        "max_depth": 3,
        "subsample": 0.8,
    }
    train({**parameters, "eval_metric": "mlogloss"}, x, y, seed, early_stopping_rounds=5)


def boosted_regression(seed: int) -> None:
    x, y = sklearn.datasets.load_diabetes(return_X_y=True)
    parameters = {
        "eta": 0.05,
        "max_depth": 2,
        "subsample": 0.7,
        "min_child_weight": 10,
        "base_score": y.mean(),
    }
    train({**parameters, "eval_metric": "rmse"}, x, y, seed, early_stopping_rounds=5)


def boosted_overfit(seed: int) -> None:
    """Deep trees without regularization, on three hundred patients."""
    x, y = sklearn.datasets.load_diabetes(return_X_y=True)
    parameters = {"eta": 0.3, "max_depth": 10, "lambda": 0, "min_child_weight": 0, "eval_metric": "rmse"}
    train(parameters, x, y, seed)


def leaked_label(seed: int) -> None:
    """One of the features is computed from the label."""
    x, y = sklearn.datasets.load_breast_cancer(return_X_y=True)
    leak = y + np.random.default_rng(seed).normal(0, 0.2, len(y))
    parameters = {"objective": "binary:logistic", "eta": 0.2, "max_depth": 3, "eval_metric": "logloss"}
    train(parameters, np.column_stack([x, leak]), y, seed, early_stopping_rounds=5)


def train(parameters: dict[str, object], x: np.ndarray, y: np.ndarray, seed: int, **options: int) -> None:
    parts = train_test_split(x, y, test_size=0.2, random_state=seed)
    data, validation = xgb.DMatrix(parts[0], parts[2]), xgb.DMatrix(parts[1], parts[3])
    evals = [(data, "train"), (validation, "validation")]
    parameters = {**parameters, "seed": seed, "nthread": 1}
    xgb.train(parameters, data, ROUNDS, evals=evals, verbose_eval=10, **options)


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
