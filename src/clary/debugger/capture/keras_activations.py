"""Captures the activation function inside a Keras layer, which is not a layer of its own.

``Dense(16, activation="relu")``, ``Activation("relu")`` and ``ReLU()`` all give tensors such as
``dense/relu_input`` and ``dense/relu_output``, the names that rules look for. Only at steps that save
activations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS = {"relu": "relu", "relu6": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
"""The name of an activation function, to its part of a tensor name."""


def function_of(layer: Any) -> str:
    """The layer's activation: ``relu``, ``tanh`` or ``sigmoid``; empty for any other or none."""
    if type(layer).__name__ == "ReLU":
        return "relu"
    if hasattr(layer, "state_size"):
        return ""  # a recurrent cell: it is called for every element of a sequence
    return FUNCTIONS.get(getattr(vars(layer).get("activation"), "__name__", ""), "")


def call(original: Any, layer: Any, args: Any, kwargs: Any, save: Callable[[str, Any], Any]) -> Any:
    """Calls a layer through ``original``, and saves the input and the output of its activation.

    save: called with the name and the value of each. Returns what the layer returns.
    """
    function = function_of(layer)
    if not function:
        return original(layer, *args, **kwargs)
    prefix = "{}/{}".format(layer.name, function)
    activation = vars(layer).get("activation")
    if activation is None:
        value = original(layer, *args, **kwargs)
        save(prefix + "_input", args)
        save(prefix + "_output", value)
        return value

    def watched(x: Any, *more: Any, **named: Any) -> Any:
        save(prefix + "_input", x)
        y = activation(x, *more, **named)
        save(prefix + "_output", y)
        return y

    vars(layer)["activation"] = watched
    try:
        return original(layer, *args, **kwargs)
    finally:
        vars(layer)["activation"] = activation
