"""AutoGluon: which of its models candidates are, and how one is fitted."""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import dataclass
from typing import Any

from .metrics import BINARY, MULTICLASS, REGRESSION
from .schema import Schema
from .trouble import BadInput

ENSEMBLE = "ensemble"
LABEL, WEIGHT = "__target__", "__weight__"
"""Names of the engine's own columns, which no column of a user has by chance."""
MOST_FOLDS = 5
"""As many as AWS's Autopilot takes."""
SMALL_CELLS = 1_000_000
"""Fewer rows times columns are fitted by one thread: several wait for each other longer than they compute.
Breast cancer in 8 folds of LightGBM on 2 busy cores took 5 s with one, 11 with two, 14 with four."""
_NATIVE = (
    "accuracy",
    "log_loss",
    "roc_auc",
    "mean_absolute_error",
    "mean_squared_error",
    "root_mean_squared_error",
)
"""Metrics that the libraries of boosted trees compute themselves."""
MEMORY = "CLARY_AUTOML_MEMORY_MIB"
"""The variable with the memory of the job's instance. The engine would look at the whole machine."""
_TYPES = {BINARY: "binary", MULTICLASS: "multiclass", REGRESSION: "regression"}


@dataclass(frozen=True)
class Family:
    """algorithm: AWS's name. models: of the engine, as ``TabularPredictor.fit`` takes them."""

    algorithm: str
    models: dict[str, Any]


def _forest(criterion: str, *problem_types: str) -> dict[str, Any]:
    return {
        "criterion": criterion,
        "ag_args": {"name_suffix": criterion.title(), "problem_types": [*problem_types]},
    }


_FORESTS = [_forest("gini", "binary", "multiclass"), _forest("squared_error", "regression", "quantile")]
_EXTRA = {"extra_trees": True, "ag_args": {"name_suffix": "Extra"}}
# It learns for as long as the others together. The engine would fit it before most of them, and where time is
# short an ensemble would lack extra trees, XGBoost and the linear model.
_CATBOOST = {"ag_args": {"priority": 10}}
_LARGE = {
    "learning_rate": 0.03,
    "num_leaves": 128,
    "feature_fraction": 0.9,
    "min_data_in_leaf": 3,
    # It takes longer than all others together, so an ensemble fits it last.
    "ag_args": {"name_suffix": "Large", "priority": 0},
}

# The quickest first: users see it first. Settings are those of the engine's own presets.
FAMILIES = {
    "lightgbm": Family("lightgbm", {"GBM": {}}),
    "extra-trees": Family("extra-trees", {"XT": _FORESTS}),
    "random-forest": Family("randomforest", {"RF": _FORESTS}),
    "linear": Family("linear-learner", {"LR": {}}),
    "xgboost": Family("xgboost", {"XGB": {}}),
    "catboost": Family("catboost", {"CAT": _CATBOOST}),
    "nearest-neighbours": Family(
        "nearest-neighbours", {"KNN": [{"weights": "uniform"}, {"weights": "distance"}]}
    ),
    "lightgbm-extra": Family("lightgbm", {"GBM": _EXTRA}),
    "lightgbm-large": Family("lightgbm", {"GBM": _LARGE}),
}


def models_of(candidate: str, families: list[str]) -> dict[str, Any]:
    """Returns the models of a candidate. families: those of the ensemble; empty: all. Raises BadInput."""
    names = (families or list(FAMILIES)) if candidate == ENSEMBLE else [candidate]
    models: dict[str, list[Any]] = {}
    for name in names:
        if name not in FAMILIES:
            raise BadInput(f"there is no candidate {name!r}; there are {', '.join([*FAMILIES, ENSEMBLE])}")
        for model, settings in FAMILIES[name].models.items():
            models.setdefault(model, []).extend(settings if isinstance(settings, list) else [settings])
    return models


def fit(
    schema: Schema,
    features: Any,
    truth: Any,
    weights: Any,
    *,
    models: dict[str, Any],
    folder: str,
    time_limit_s: float,
    cross_validate: bool,
    seed: int,
) -> Any:
    """Returns a TabularPredictor. Raises BadInput when no model was fitted.

    cross_validate: each model is a bag of folds, with predictions of each row by those that have not seen it.
    Otherwise the engine holds some rows out, to know when to stop and how to weigh an ensemble.
    """
    _quiet()
    _bound_memory()
    from autogluon.tabular import TabularPredictor

    data = features.assign(**{LABEL: truth.to_numpy()})
    if weights is not None:
        data[WEIGHT] = weights
    folds = fold_count(schema, truth)
    predictor = TabularPredictor(
        LABEL,
        problem_type=_TYPES[schema.problem_type],
        eval_metric=schema.metric.engine_name,
        path=folder,
        sample_weight=WEIGHT if weights is not None else None,
        positive_class=schema.classes[1] if schema.problem_type == BINARY else None,
        learner_kwargs={"label_count_threshold": folds},
        verbosity=2,
    )
    try:
        predictor.fit(
            data,
            hyperparameters=models,
            time_limit=time_limit_s,
            num_stack_levels=0,
            num_cpus=threads(features),
            ag_args_fit={"stopping_metric": stopping_metric(schema)},
            **(_bagged(folds, seed) if cross_validate else {}),
        )
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"No model could be fitted in {time_limit_s:.0f} s: {error}") from error
    if not predictor.model_names():
        raise BadInput(f"No model could be fitted in {time_limit_s:.0f} s. Allow more time or fewer rows.")
    return predictor


def _bagged(folds: int, seed: int) -> dict[str, Any]:
    ensemble = {"fold_fitting_strategy": "sequential_local", "model_random_seed": seed}
    return {"num_bag_folds": folds, "num_bag_sets": 1, "ag_args_ensemble": ensemble}


def stopping_metric(schema: Schema) -> str:
    """Returns what tells a boosted tree to stop: the metric, or one of its kind that is quick to compute.

    scikit-learn's F1 after each tree took four fifths of the time of a table with 400 rows, and it moves in
    steps that say less than the log loss. The squared error orders models as R2 does.
    """
    name = schema.metric.engine_name
    if name in _NATIVE:
        return name
    return "mean_squared_error" if schema.is_regression else "log_loss"


def threads(features: Any) -> int:
    """Returns the number of threads that models are fitted with."""
    if features.size < SMALL_CELLS:
        return 1
    return int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1)


def fold_count(schema: Schema, truth: Any) -> int:
    """Returns the number of folds: fewer where most classes are rare, so that each fold has rows of them."""
    if schema.is_regression:
        return MOST_FOLDS
    counts = truth.value_counts()
    enough = (
        folds for folds in range(MOST_FOLDS, 2, -1) if counts[counts >= folds].sum() >= 0.9 * counts.sum()
    )
    return next(enough, 2)


def _bound_memory() -> None:
    """Tells the engine how much memory there is, so that it leaves models out that need more."""
    given = os.environ.get(MEMORY, "")
    if given.isdecimal() and int(given):
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
        os.environ["AG_MEMORY_LIMIT_IN_GB"] = f"{min(whole, int(given) / 1024):.3f}"


def _quiet() -> None:
    """Keeps out of the log what a user can do nothing about: advice on the engine's own presets, libraries
    that the image leaves out on purpose, and each library's warnings of the next."""
    warnings.simplefilter("ignore")
    os.environ["PYTHONWARNINGS"] = "ignore"  # of processes that joblib starts
    for name in ("autogluon.common.utils.resource_utils", "autogluon.tabular.predictor.predictor"):
        logging.getLogger(name).addFilter(_says_something)


def _says_something(record: logging.LogRecord) -> bool:
    said = record.getMessage()
    return not any(word in said for word in ("torch", "presets", "predictor ="))
