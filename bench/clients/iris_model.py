"""Trains a small classifier and writes it: ``model.joblib``, and a model of MLflow where it is installed."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression


def main(folder: str) -> None:
    features, labels = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(features, labels)
    joblib.dump(model, Path(folder) / "model.joblib")
    with contextlib.suppress(ImportError):
        import mlflow.sklearn

        mlflow.sklearn.save_model(model, Path(folder) / "mlflow-model")


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
    print(json.dumps({}))
