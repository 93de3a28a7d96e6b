"""The built-in collections of each framework. Their expressions match the tensor names that smdebug uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

SCALAR_COLLECTIONS = frozenset(("losses", "metrics", "feature_importance", "average_shap", "sm_metrics"))
"""Always saved as full values, even if reductions are configured. TensorBoard gets them as scalars."""

METRIC_COLLECTIONS = frozenset(("losses", "metrics", "sm_metrics"))
"""The mean of each of their tensors becomes a metric of the job."""

PLAIN_COLLECTIONS = frozenset(
    ("weights", "biases", "gradients", "losses", "default", "metrics", "sm_metrics", "optimizer_variables")
)
"""Collections that can be saved without watching the calls of all modules."""

TRAIN_ONLY_COLLECTIONS = frozenset(("gradients", "optimizer_variables"))


class Framework(NamedTuple):
    """A framework and its built-in collections.

    collections: name to regular expressions. always: collections that are saved without being configured.
    save_interval: the default. by_class: activations are found by module class, because the script names
    the modules.
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
