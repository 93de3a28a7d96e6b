"""Watches activations that a script calls as functions, ``F.relu(x)``, where no module stands for them.

Only at steps that save activations; at all others nothing of this is in place. Their names are made as Gluon
makes them, of the module around them and the function: ``Net_relu_output_0``, ``block.1_tanh_input_0``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .pytorch import TorchHook

FUNCTIONS = {
    "relu": "relu", "relu_": "relu", "relu6": "relu",
    "tanh": "tanh", "tanh_": "tanh", "sigmoid": "sigmoid", "sigmoid_": "sigmoid",
}  # fmt: skip
"""Names of functions to what stands for them in names of tensors."""

MODULES = frozenset(("ReLU", "ReLU6", "Tanh", "Sigmoid"))
"""What these call was saved as theirs."""


def watcher_of(torch: Any, hook: TorchHook) -> Any:
    """Makes the context in which the hook is told of such calls."""
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
