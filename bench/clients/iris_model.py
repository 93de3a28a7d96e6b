"""A logistic regression of scikit-learn: how all contestants make it and ask it."""

from __future__ import annotations

from typing import Any

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def made() -> Any:
    """The model, trained anew: its versions of scikit-learn differ."""
    features, labels = load_iris(return_X_y=True)
    return LogisticRegression(max_iter=1000).fit(features, labels)


def predict(model: Any, rows: Any) -> Any:
    return model.predict(rows)
