"""One trial of hyperparameter tuning: an algorithm on the features of a pipeline."""

from __future__ import annotations

import os
import shutil
from typing import Any

import joblib
import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import ElasticNet, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from . import engine, model
from .features import codes, read_features, unpacked
from .hyperparameters import choice, number, whole
from .metrics import log_scores
from .ranges import ALGORITHMS
from .schema import Schema
from .train import scores
from .trouble import BadInput, base_folder

LAYERS = ("32", "128", "256", "64,64", "128,64")
_INFINITE = float("inf")


def train_tuned(given: dict[str, str]) -> None:
    algorithm = choice(given, "algorithm", "xgboost", tuple(ALGORITHMS))
    channels = os.path.join(base_folder(), "input/data")
    features, truth, weights = read_features(os.path.join(channels, "train"))
    held_features, held_truth, held_weights = read_features(os.path.join(channels, "validation"))
    pipeline = unpacked(os.path.join(channels, "pipeline"))
    if not os.path.isfile(os.path.join(pipeline, model.PIPELINE)):
        raise BadInput("The channel pipeline is missing; it has the fitted pipeline that made the features.")
    schema = Schema.read(pipeline)
    seed = whole(given, "_seed", 0, low=0, high=2**31 - 1)
    print(f"{algorithm}: {features.shape[0]} rows, {features.shape[1]} features", flush=True)
    estimator = estimator_of(algorithm, given, schema, seed, engine.threads(features))
    target = truth.astype(float) if schema.is_regression else codes(schema, truth)
    estimator.fit(features, target, **({} if weights is None else {"sample_weight": weights}))
    known = model.estimate(estimator, features, schema)
    held = model.estimate(estimator, held_features, schema)
    folder = os.path.join(base_folder(), "model")
    model.write_description(folder, algorithm, given)
    schema.write(folder)
    shutil.copy(os.path.join(pipeline, model.PIPELINE), os.path.join(folder, model.PIPELINE))
    joblib.dump(estimator, os.path.join(folder, model.ESTIMATOR))
    model.write_held_out(folder, schema, held_truth, held, held_weights)
    log_scores("train", scores(schema, truth, known, weights))
    log_scores("validation", scores(schema, held_truth, held, held_weights))


def estimator_of(algorithm: str, given: dict[str, str], schema: Schema, seed: int, threads: int = 1) -> Any:
    """Returns an unfitted estimator with the values of a trial. Raises BadInput for a value out of range."""
    if algorithm == "xgboost":
        return _Boosted(_boosting(given, seed, threads), schema.is_regression)
    return _linear(given, schema, seed) if algorithm == "linear-learner" else _network(given, schema, seed)


def _boosting(given: dict[str, str], seed: int, threads: int) -> dict[str, Any]:
    return {
        "n_estimators": whole(given, "num_round", 200, low=1, high=100_000),
        "max_depth": whole(given, "max_depth", 6, low=0, high=64),
        "learning_rate": number(given, "eta", 0.1, low=0, high=1),
        "subsample": number(given, "subsample", 1, low=0.01, high=1),
        "colsample_bytree": number(given, "colsample_bytree", 1, low=0.01, high=1),
        "min_child_weight": number(given, "min_child_weight", 1, low=0, high=_INFINITE),
        "reg_alpha": number(given, "alpha", 0, low=0, high=_INFINITE),
        "reg_lambda": number(given, "lambda", 1, low=0, high=_INFINITE),
        "gamma": number(given, "gamma", 0, low=0, high=_INFINITE),
        "random_state": seed,
        "n_jobs": threads,
        "tree_method": "hist",
    }


class _Boosted:
    """XGBoost, which wants classes numbered without gaps; rare ones may be missing in the training rows."""

    def __init__(self, settings: dict[str, Any], is_regression: bool) -> None:
        import xgboost  # type: ignore[import-not-found, unused-ignore]

        self._model = (xgboost.XGBRegressor if is_regression else xgboost.XGBClassifier)(**settings)
        self._is_regression = is_regression
        self.classes_ = np.array([], dtype=int)

    def fit(self, features: Any, target: Any, **more: Any) -> None:
        if not self._is_regression:
            self.classes_, target = np.unique(target, return_inverse=True)
        self._model.fit(features, target, **more)

    def predict(self, features: Any) -> Any:
        return self._model.predict(features)

    def predict_proba(self, features: Any) -> Any:
        return self._model.predict_proba(features)


def _linear(given: dict[str, str], schema: Schema, seed: int) -> Any:
    decay = number(given, "wd", 1e-2, low=0, high=1e6)
    mix = number(given, "l1_ratio", 0, low=0, high=1)
    if schema.is_regression:
        return _scaled_target(
            ElasticNet(alpha=max(decay, 1e-9), l1_ratio=mix, random_state=seed, max_iter=5000)
        )
    return LogisticRegression(
        C=1 / max(decay, 1e-9), l1_ratio=mix, solver="saga", max_iter=1000, tol=1e-3, random_state=seed
    )


def _network(given: dict[str, str], schema: Schema, seed: int) -> Any:
    layers = choice(given, "layers", "128", LAYERS)
    settings: dict[str, Any] = {
        "hidden_layer_sizes": tuple(int(units) for units in layers.split(",")),
        "learning_rate_init": number(given, "learning_rate", 1e-3, low=1e-8, high=1),
        "alpha": number(given, "weight_decay", 1e-4, low=0, high=1e3),
        "batch_size": whole(given, "mini_batch_size", 32, low=1, high=100_000),
        "early_stopping": schema.is_regression,
        "max_iter": 200,
        "random_state": seed,
    }
    if schema.is_regression:
        return _scaled_target(MLPRegressor(**settings))
    return MLPClassifier(**settings)


def _scaled_target(regressor: Any) -> Any:
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())
