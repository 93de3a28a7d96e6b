"""Predicts held-out rows without Autopilot: AutoGluon called by hand, or the five models of our own example.

Runs in the environment of ``clary-automl``. Prints predictions and seconds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from typing import Any

BEGAN = time.time()

import pandas as pd  # noqa: E402

TARGET = "target"


def by_engine(train: Any, test: Any, asked: dict[str, Any]) -> dict[str, Any]:
    from autogluon.tabular import TabularPredictor

    kinds = {"BinaryClassification": "binary", "MulticlassClassification": "multiclass"}
    regression = asked["problem_type"] == "Regression"
    with tempfile.TemporaryDirectory() as folder:
        predictor = TabularPredictor(
            TARGET,
            problem_type=kinds.get(asked["problem_type"], "regression"),
            eval_metric="mean_squared_error" if regression else "accuracy",
            path=folder,
            verbosity=0,
        )
        more = (
            {"ag_args_ensemble": {"fold_fitting_strategy": "sequential_local"}}
            if asked["preset"] != "medium"
            else {}
        )
        predictor.fit(
            train, time_limit=asked["time_limit_s"], presets=asked["preset"], num_cpus=asked["cpus"], **more
        )
        seconds = time.time() - BEGAN
        times = predictor.leaderboard(silent=True)[["fit_order", "fit_time_marginal"]].sort_values(
            "fit_order"
        )
        predicted = predictor.predict(test).tolist()
        before = seconds - times["fit_time_marginal"].sum()
        return {
            "predicted": predicted,
            "first_s": before + times["fit_time_marginal"].iloc[0],
            "seconds": seconds,
        }


def by_five_models(train: Any, test: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """With the settings of ``examples/five_models``; of a regression, the same kinds of model."""
    from sklearn.linear_model import BayesianRidge, LogisticRegression, Ridge
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.svm import SVC, SVR
    from xgboost import XGBClassifier, XGBRegressor

    boosting = {"n_estimators": 60, "max_depth": 3}
    classifiers = [
        GaussianNB(), LogisticRegression(C=0.5), XGBClassifier(**boosting), KNeighborsClassifier(7), SVC(C=2),
    ]  # fmt: skip
    regressors = [
        BayesianRidge(), Ridge(2.0), XGBRegressor(**boosting), KNeighborsRegressor(7), SVR(C=2.0),
    ]  # fmt: skip
    regression = asked["problem_type"] == "Regression"
    features = train.drop(columns=TARGET).dropna(axis="columns", how="all")
    mean, deviation = features.mean(), features.std().replace(0, 1)
    features, test = features.fillna(mean), test.fillna(mean)
    level, spread = (train[TARGET].mean(), train[TARGET].std()) if regression else (0, 1)
    found = {}
    for model in regressors if regression else classifiers:
        model.fit(
            (features - mean) / deviation, (train[TARGET] - level) / spread if regression else train[TARGET]
        )
        predicted = model.predict((test[features.columns] - mean) / deviation)
        found[type(model).__name__] = (predicted * spread + level if regression else predicted).tolist()
    return {"models": found, "seconds": time.time() - BEGAN}


def main() -> None:
    asked = json.loads(sys.argv[1])
    train, test = pd.read_csv(asked["train"]), pd.read_csv(asked["test"])
    by = by_engine if asked["how"] == "engine" else by_five_models
    print(json.dumps(by(train, test, asked)))


if __name__ == "__main__":
    main()
