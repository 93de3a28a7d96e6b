"""Watches the activation that a Keras layer ends with: no layer of its own stands for it.

``Dense(16, activation="relu")``, ``Activation("relu")`` and ``ReLU()`` alike give ``dense/relu_input`` and
``dense/relu_output``, the names that rules look for. Only at steps that save activations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS = {"relu": "relu", "relu6": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
"""Names of activations to what stands for them in names of tensors."""


def function_of(layer: Any) -> str:
    """``relu``, ``tanh`` or ``sigmoid``; empty for a layer that ends with none of them."""
    if type(layer).__name__ == "ReLU":
        return "relu"
    if hasattr(layer, "state_size"):
        return ""  # a recurrent cell, which is called for every element of a sequence
    return FUNCTIONS.get(getattr(vars(layer).get("activation"), "__name__", ""), "")


def call(original: Any, layer: Any, args: Any, kwargs: Any, tell: Callable[[str, Any], Any]) -> Any:
    """Calls a layer, and tells the name and the value of what goes into its activation and comes out."""
    function = function_of(layer)
    if not function:
        return original(layer, *args, **kwargs)
    prefix = "{}/{}".format(layer.name, function)
    activation = vars(layer).get("activation")
    if activation is None:
        value = original(layer, *args, **kwargs)
        tell(prefix + "_input", args)
        tell(prefix + "_output", value)
        return value

    def watched(x: Any, *more: Any, **named: Any) -> Any:
        tell(prefix + "_input", x)
        y = activation(x, *more, **named)
        tell(prefix + "_output", y)
        return y

    vars(layer)["activation"] = watched
    try:
        return original(layer, *args, **kwargs)
    finally:
        vars(layer)["activation"] = activation
