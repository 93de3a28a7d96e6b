"""A fitted candidate as it is stored: the engine's predictor, or a feature pipeline with an estimator.

model.json          which of both, and the candidate's name
schema.json         the columns and the classes
predictor/          of the engine; or
pipeline.joblib     the features, and
estimator.joblib    what predicts from them
held_out.csv        target and predictions of rows that the model was not fitted on
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd

from .schema import Schema
from .trouble import BadInput

FILE, PREDICTOR, PIPELINE, ESTIMATOR, HELD_OUT = (
    "model.json", "predictor", "pipeline.joblib", "estimator.joblib", "held_out.csv",
)  # fmt: skip
TRUTH, LABEL, WEIGHT = "truth", "predicted_label", "weight"


@dataclass(frozen=True)
class Prediction:
    """labels: classes as texts, or numbers of a regression. probabilities: [rows, classes], or None."""

    labels: Any
    probabilities: Any = None


class Model:
    """Predicts from tables of texts, whose columns the schema names."""

    def __init__(self, folder: str) -> None:
        """Loads a model. Raises BadInput for a folder that has none."""
        try:
            with open(os.path.join(folder, FILE), encoding="utf-8") as file:
                self.description: dict[str, Any] = json.load(file)
            self.schema = Schema.read(folder)
        except (FileNotFoundError, ValueError) as error:
            raise BadInput(f"This is no model of an AutoML job: {error}") from None
        self.folder = folder
        self._predictor: Any = None
        if os.path.isdir(os.path.join(folder, PREDICTOR)):
            self._predictor = load_predictor(os.path.join(folder, PREDICTOR))
        else:
            self._pipeline = joblib.load(os.path.join(folder, PIPELINE))
            self._estimator = joblib.load(os.path.join(folder, ESTIMATOR))

    def predict(self, table: Any) -> Prediction:
        typed = self.schema.typed(table)
        if self._predictor is None:
            return estimate(self._estimator, self._pipeline.transform(typed), self.schema)
        return engine_prediction(self._predictor, typed, self.schema)


def load_predictor(folder: str) -> Any:
    """Loads the engine's predictor, with its models in memory."""
    import logging

    logging.disable(logging.WARNING)  # what it says of each load is nothing for the log of an endpoint
    try:
        from autogluon.tabular import TabularPredictor

        predictor = TabularPredictor.load(folder, require_py_version_match=False, verbosity=0)
        predictor.persist(max_memory=None)
    finally:
        logging.disable(logging.NOTSET)
    return predictor


def engine_prediction(predictor: Any, typed: Any, schema: Schema) -> Prediction:
    if schema.is_regression:
        return Prediction(predictor.predict(typed).to_numpy(dtype=float))
    return of_frame(predictor, predictor.predict_proba(typed), schema)


def of_frame(predictor: Any, probabilities: Any, schema: Schema) -> Prediction:
    """probabilities: of the engine, a column for each class that it has learned."""
    labels = predictor.predict_from_proba(probabilities)
    # Classes of very few rows are not learned, and are never predicted.
    aligned = probabilities.reindex(columns=schema.classes, fill_value=0.0).to_numpy(dtype=float)
    return Prediction(labels.astype(str).to_numpy(), aligned)


def estimate(estimator: Any, features: Any, schema: Schema) -> Prediction:
    """Returns what an estimator of scikit-learn's form predicts. Its classes are positions."""
    if schema.is_regression:
        return Prediction(np.asarray(estimator.predict(features), dtype=float))
    found = np.asarray(estimator.predict_proba(features), dtype=float)
    aligned = np.zeros((len(found), len(schema.classes)))
    aligned[:, np.asarray(estimator.classes_, dtype=int)] = found
    return Prediction(np.asarray(schema.classes, dtype=object)[aligned.argmax(axis=1)], aligned)


def write_description(folder: str, candidate: str, hyperparameters: dict[str, str]) -> None:
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, FILE), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "candidate": candidate, "hyperparameters": hyperparameters}, file)


def write_held_out(folder: str, schema: Schema, truth: Any, prediction: Prediction, weights: Any) -> None:
    """Keeps predictions of rows that were not fitted on, for the reports on the model."""
    table = pd.DataFrame({TRUTH: np.asarray(truth), LABEL: prediction.labels})
    if weights is not None:
        table[WEIGHT] = weights
    if prediction.probabilities is not None:
        table[[f"p{i}" for i in range(len(schema.classes))]] = prediction.probabilities
    table.to_csv(os.path.join(folder, HELD_OUT), index=False)


def read_held_out(folder: str, schema: Schema) -> tuple[Any, Prediction, Any]:
    """Returns (truth, prediction, weights) of rows that the model was not fitted on."""
    types: Any = None if schema.is_regression else {TRUTH: str, LABEL: str}
    table = pd.read_csv(os.path.join(folder, HELD_OUT), dtype=types, keep_default_na=False)
    columns = [f"p{i}" for i in range(len(schema.classes))]
    probabilities = None if schema.is_regression else table[columns].to_numpy()
    weights = table[WEIGHT].to_numpy() if WEIGHT in table else None
    return table[TRUTH].to_numpy(), Prediction(table[LABEL].to_numpy(), probabilities), weights
