"""The algorithms of hyperparameter tuning, with AWS's names, and what of them is tuned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ranges:
    """As the plan has them. integer and continuous: name, min, max, scale. categorical: name, values."""

    integer: tuple[dict[str, Any], ...] = ()
    continuous: tuple[dict[str, Any], ...] = ()
    categorical: tuple[dict[str, Any], ...] = ()


def _range(name: str, low: float, high: float, scale: str = "Linear") -> dict[str, Any]:
    return {"name": name, "min": f"{low:g}", "max": f"{high:g}", "scale": scale}


_LOG = "Logarithmic"

ALGORITHMS = {
    "xgboost": Ranges(
        integer=(_range("max_depth", 2, 8), _range("num_round", 20, 1000, _LOG)),
        continuous=(
            _range("eta", 0.005, 0.5, _LOG),
            _range("subsample", 0.5, 1),
            _range("colsample_bytree", 0.3, 1),
            _range("min_child_weight", 0.1, 16, _LOG),
            _range("alpha", 1e-6, 2, _LOG),
            _range("lambda", 1e-3, 10, _LOG),
        ),
    ),
    "linear-learner": Ranges(
        continuous=(_range("wd", 1e-5, 10, _LOG), _range("l1_ratio", 0, 1)),
    ),
    "mlp": Ranges(
        continuous=(_range("learning_rate", 1e-4, 3e-2, _LOG), _range("weight_decay", 1e-6, 1e-1, _LOG)),
        categorical=(
            {"name": "layers", "values": ["32", "128", "256", "64,64", "128,64"]},
            {"name": "mini_batch_size", "values": ["32", "128"]},
        ),
    ),
}
