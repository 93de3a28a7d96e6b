"""The collections that each framework has by itself, with the names smdebug gives to tensors in mind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SCALAR_COLLECTIONS = frozenset(("losses", "metrics", "feature_importance", "average_shap", "sm_metrics"))
"""Saved whole whatever the configuration says of reductions; TensorBoard shows them as curves."""

METRIC_COLLECTIONS = frozenset(("losses", "metrics", "sm_metrics"))
"""Their means go to the job's metrics."""

PLAIN_COLLECTIONS = frozenset(
    ("weights", "biases", "gradients", "losses", "default", "metrics", "sm_metrics", "optimizer_variables")
)
"""What can be had without looking at every module that is called."""

TRAIN_ONLY_COLLECTIONS = frozenset(("gradients", "optimizer_variables"))


class Framework(NamedTuple):
    """``collections``: name to regular expressions. ``always``: saved whether they are configured or not.

    by_class: the script names modules, so that activations are found by their class.
    """

    name: str
    collections: Mapping[str, tuple[str, ...]]
    always: tuple[str, ...]
    save_interval: int = 500
    by_class: bool = False


_COMMON = {
    "default": (),
    "weights": ("^(?!gradient).*weight",),
    "biases": ("^(?!gradient).*bias",),
    "gradients": ("^gradient",),
}

PYTORCH = Framework(
    "pytorch", {**_COMMON, "losses": ("[Ll]oss_(?!input).*output",)}, always=("losses",), by_class=True
)
MXNET = Framework("mxnet", {**_COMMON, "losses": (".*loss._(?!input).*output",)}, always=("losses",))
KERAS = Framework(
    "keras",
    {
        "default": (),
        "weights": ("^weights/",),
        "biases": ("^(?!gradient).*bias",),
        "gradients": ("^gradients/",),
        "losses": ("^(val_)?loss$", "^(val_)?.*_loss$"),
        "metrics": (),
        "sm_metrics": (),
        "inputs": ("^model_input",),
        "outputs": ("^labels", "^predictions"),
        "layers": ("/(inputs|outputs)",),
        "optimizer_variables": ("^optimizer/",),
    },
    always=("losses", "metrics", "sm_metrics"),
    by_class=True,
)
XGBOOST = Framework(
    "xgboost",
    {
        "default": (),
        "hyperparameters": ("^hyperparameters/.*$",),
        "metrics": ("^[a-zA-z]+-[a-zA-z0-9]+$",),
        "losses": ("^[a-zA-z]+-.+(?<!(auc|map))$",),
        "predictions": ("^predictions$",),
        "labels": ("^labels$",),
        "feature_importance": ("^feature_importance/.*",),
        "average_shap": ("^average_shap/.*[^/bias]$",),
        "full_shap": ("^full_shap/.*[^/bias]$",),
        "trees": ("^trees/.*",),
    },
    always=("metrics",),
    save_interval=10,
)
