"""The hyperparameters of the built-in XGBoost: which there are, and what they may be."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Any

_INFINITY = float("inf")

# Name to (type, lowest, highest). Names and ranges are those of SageMaker's documentation.
_NUMBERS: dict[str, tuple[type, float, float]] = {
    "num_round": (int, 1, _INFINITY),
    "num_class": (int, 2, _INFINITY),
    "csv_weights": (int, 0, 1),
    "early_stopping_rounds": (int, 1, _INFINITY),
    "eta": (float, 0, 1),
    "learning_rate": (float, 0, 1),
    "gamma": (float, 0, _INFINITY),
    "min_split_loss": (float, 0, _INFINITY),
    "max_depth": (int, 0, _INFINITY),
    "min_child_weight": (float, 0, _INFINITY),
    "max_delta_step": (float, 0, _INFINITY),
    "subsample": (float, 0, 1),
    "colsample_bytree": (float, 0, 1),
    "colsample_bylevel": (float, 0, 1),
    "colsample_bynode": (float, 0, 1),
    "lambda": (float, 0, _INFINITY),
    "reg_lambda": (float, 0, _INFINITY),
    "alpha": (float, 0, _INFINITY),
    "reg_alpha": (float, 0, _INFINITY),
    "lambda_bias": (float, 0, 1),
    "scale_pos_weight": (float, 0, _INFINITY),
    "base_score": (float, -_INFINITY, _INFINITY),
    "max_leaves": (int, 0, _INFINITY),
    "max_bin": (int, 2, _INFINITY),
    "num_parallel_tree": (int, 1, _INFINITY),
    "rate_drop": (float, 0, 1),
    "skip_drop": (float, 0, 1),
    "one_drop": (int, 0, 1),
    "refresh_leaf": (int, 0, 1),
    "tweedie_variance_power": (float, 1, 2),
    "huber_slope": (float, 0, _INFINITY),
    "nthread": (int, 1, _INFINITY),
    "seed": (int, -(2**31), 2**31 - 1),
    "verbosity": (int, 0, 3),
    "max_cat_to_onehot": (int, 1, _INFINITY),
    "quantile_alpha": (float, 0, 1),
    "aft_loss_distribution_scale": (float, 0, _INFINITY),
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "booster": ("gbtree", "gblinear", "dart"),
    "tree_method": ("auto", "exact", "approx", "hist"),
    "grow_policy": ("depthwise", "lossguide"),
    "sample_type": ("uniform", "weighted"),
    "normalize_type": ("tree", "forest"),
    "process_type": ("default", "update"),
    "sampling_method": ("uniform", "gradient_based"),
    "aft_loss_distribution": ("normal", "logistic", "extreme"),
}
_TEXTS = ("objective", "eval_metric", "updater", "monotone_constraints", "interaction_constraints", "device")
_NOT_FOR_XGBOOST = ("num_round", "csv_weights", "early_stopping_rounds", "eval_metric")
_OBSOLETE = ("silent", "predictor", "dsplit", "sketch_eps", "deterministic_histogram")
"""Accepted and left out: XGBoost has dropped them."""


class BadSetting(ValueError):
    """A hyperparameter that is missing, unknown or out of range; names it and what it may be."""


@dataclass(frozen=True)
class XGBoostSettings:
    """parameters: what ``xgboost.train`` takes."""

    num_round: int
    parameters: dict[str, Any]
    early_stopping_rounds: int = 0
    csv_weights: int = 0


def read_settings(hyperparameters: dict[str, Any]) -> XGBoostSettings:
    """The settings in a job's hyperparameters, whose values are texts; raises BadSetting."""
    said = {name: _plain(value) for name, value in hyperparameters.items()}
    values: dict[str, Any] = {
        name: _value(name, text)
        for name, text in said.items()
        if not name.startswith(("sagemaker_", "_tuning")) and name not in _OBSOLETE
    }
    if "num_round" not in values:
        raise BadSetting("the hyperparameter num_round is missing; it is the number of boosting rounds")
    objective = values.get("objective", "reg:squarederror")
    if objective == "reg:linear":
        objective = "reg:squarederror"
    if objective.startswith("multi:") and "num_class" not in values:
        raise BadSetting(f"the objective {objective} needs the hyperparameter num_class")
    parameters = {name: value for name, value in values.items() if name not in _NOT_FOR_XGBOOST}
    parameters["objective"] = objective
    if "eval_metric" in values:
        parameters["eval_metric"] = [name.strip() for name in values["eval_metric"].strip("[]").split(",")]
    return XGBoostSettings(
        num_round=values["num_round"],
        parameters=parameters,
        early_stopping_rounds=values.get("early_stopping_rounds", 0),
        csv_weights=values.get("csv_weights", 0),
    )


def _value(name: str, text: str) -> Any:
    if name in _TEXTS:
        return text
    if name in _CHOICES:
        if text not in _CHOICES[name]:
            raise BadSetting(f"{name} is {text!r}; it can be {', '.join(_CHOICES[name])}")
        return text
    if name not in _NUMBERS:
        close = difflib.get_close_matches(name, [*_NUMBERS, *_CHOICES, *_TEXTS], n=1)
        raise BadSetting(
            f"there is no hyperparameter {name!r}" + (f"; did you mean {close[0]}?" if close else "")
        )
    kind, low, high = _NUMBERS[name]
    try:
        value = kind(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise BadSetting(f"{name} is {text!r}; it must be {wanted}") from None
    if not low <= value <= high:
        bounds = f"at least {low:g}" if high == _INFINITY else f"from {low:g} to {high:g}"
        raise BadSetting(f"{name} is {text}; it must be {bounds}")
    return value


def _plain(value: Any) -> str:
    """The text of a value; the SDK's framework classes encode theirs as JSON (``"5"`` in quotes)."""
    if isinstance(value, str) and value[:1] == '"':
        try:
            return str(json.loads(value))
        except ValueError:
            return value
    return str(value).strip()
