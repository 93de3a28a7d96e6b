"""One trial of hyperparameter tuning: an algorithm on the features of a pipeline.

With a time limit it ends before it, with what it has learned by then.
"""

from __future__ import annotations

import os
import shutil
import time
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
from .timed import Deadline, fit_in_rounds, interrupted
from .train import scores
from .trouble import BadInput, base_folder

LAYERS = ("32", "128", "256", "64,64", "128,64")
_INFINITE = float("inf")


def train_tuned(given: dict[str, str]) -> None:
    began = time.monotonic()
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
    limit_s = number(given, "_time_limit_s", 0, low=0, high=30 * 86400.0)
    deadline = Deadline(max(1.0, limit_s - (time.monotonic() - began)) if limit_s else 0.0)
    estimator = estimator_of(algorithm, given, schema, seed, engine.threads(features), deadline)
    target = truth.astype(float) if schema.is_regression else codes(schema, truth)
    estimator.fit(features, target, **({} if weights is None else {"sample_weight": weights}))
    if deadline.is_over:
        print(f"ended after {limit_s:.0f} s with what it has learned, as its time limit is near", flush=True)
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


def estimator_of(
    algorithm: str, given: dict[str, str], schema: Schema, seed: int, threads: int, deadline: Deadline
) -> Any:
    """Returns an unfitted estimator with the values of a trial. Raises BadInput for a value out of range."""
    if algorithm == "xgboost":
        return _Boosted(_boosting(given, seed, threads), schema.is_regression, deadline)
    if algorithm == "linear-learner":
        return _Linear(_linear(given, schema, seed), schema.is_regression, deadline)
    return _Network(_network(given, schema, seed), deadline)


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

    def __init__(self, settings: dict[str, Any], is_regression: bool, deadline: Deadline) -> None:
        import xgboost  # type: ignore[import-not-found, unused-ignore]

        class Ends(xgboost.callback.TrainingCallback):  # type: ignore[misc, unused-ignore]
            def after_iteration(self, *_: Any) -> bool:
                return deadline.is_over

        settings = {**settings, **({"callbacks": [Ends()]} if deadline.seconds else {})}
        self._model = (xgboost.XGBRegressor if is_regression else xgboost.XGBClassifier)(**settings)
        self._is_regression = is_regression
        self.classes_ = np.array([], dtype=int)

    def fit(self, features: Any, target: Any, **more: Any) -> None:
        if not self._is_regression:
            self.classes_, target = np.unique(target, return_inverse=True)
        self._model.fit(features, target, **more)
        self._model.set_params(callbacks=None)  # the stored model needs no clock

    def predict(self, features: Any) -> Any:
        return self._model.predict(features)

    def predict_proba(self, features: Any) -> Any:
        return self._model.predict_proba(features)


class _Linear:
    """A linear model. A regression's target is scaled: the decay of the weights is relative to it."""

    def __init__(self, model: Any, is_regression: bool, deadline: Deadline) -> None:
        self._model = model
        self._is_regression = is_regression
        self._deadline: Deadline | None = deadline
        self._level, self._spread = 0.0, 1.0

    @property
    def classes_(self) -> Any:
        return self._model.classes_

    def fit(self, features: Any, target: Any, **more: Any) -> None:
        assert self._deadline is not None, "an estimator is fitted once"
        if self._is_regression:
            self._level, self._spread = float(np.mean(target)), float(np.std(target)) or 1.0
            target = (target - self._level) / self._spread
        fit_in_rounds(self._model, features, target, self._deadline, **more)
        self._deadline = None

    def predict(self, features: Any) -> Any:
        found = self._model.predict(features)
        return found * self._spread + self._level if self._is_regression else found

    def predict_proba(self, features: Any) -> Any:
        return self._model.predict_proba(features)


class _Network:
    """A network of scikit-learn."""

    def __init__(self, model: Any, deadline: Deadline) -> None:
        self._model = model
        self._deadline: Deadline | None = deadline

    @property
    def classes_(self) -> Any:
        return self._model.classes_

    def fit(self, features: Any, target: Any, **more: Any) -> None:
        assert self._deadline is not None, "an estimator is fitted once"
        with interrupted(self._deadline):
            self._model.fit(features, target, **more)
        self._deadline = None

    def predict(self, features: Any) -> Any:
        return self._model.predict(features)

    def predict_proba(self, features: Any) -> Any:
        return self._model.predict_proba(features)


def _linear(given: dict[str, str], schema: Schema, seed: int) -> Any:
    decay = number(given, "wd", 1e-2, low=0, high=1e6)
    mix = number(given, "l1_ratio", 0, low=0, high=1)
    if schema.is_regression:
        return ElasticNet(alpha=max(decay, 1e-9), l1_ratio=mix, random_state=seed, max_iter=5000)
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
        return TransformedTargetRegressor(MLPRegressor(**settings), transformer=StandardScaler())
    return MLPClassifier(**settings)
