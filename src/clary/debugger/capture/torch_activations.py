"""Captures activations that a script calls as functions, such as ``F.relu(x)``, which have no module.

It is active only at steps that save activations. A name consists of the enclosing module and the function, as
in Gluon: ``Net_relu_output_0``, ``block.1_tanh_input_0``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pytorch import TorchHook

FUNCTIONS = {
    "relu": "relu", "relu_": "relu", "relu6": "relu",
    "tanh": "tanh", "tanh_": "tanh", "sigmoid": "sigmoid", "sigmoid_": "sigmoid",
}  # fmt: skip
"""The name of a function, to its part of a tensor name."""

MODULES = frozenset(("ReLU", "ReLU6", "Tanh", "Sigmoid"))
"""Modules that call one of these functions. Their tensors are already saved as those of the module."""


def watcher_class(torch: Any, hook: TorchHook) -> Any:
    """A class of context managers, inside which every such call notifies the hook."""
    kinds = _functions(torch)

    class Watcher(torch.overrides.TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kind = kinds.get(function)
            if kind is None:
                return function(*args, **(kwargs or {}))
            hook.function_input(kind, (args, kwargs or {}))
            value = function(*args, **(kwargs or {}))
            hook.function_output(kind, value)
            return value

    return Watcher


def _functions(torch: Any) -> dict[Any, str]:
    places = (torch, torch.Tensor, torch.nn.functional)
    found = ((getattr(place, name, None), kind) for place in places for name, kind in FUNCTIONS.items())
    return {function: kind for function, kind in found if function is not None}
