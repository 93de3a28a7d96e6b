"""The names of Keras tensors, and their conversion to numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def variable_name(variable: Any, owner: str) -> str:
    """``dense/kernel:0``, in every version of Keras. owner: the name of the layer that has the variable."""
    path = str(getattr(variable, "path", "") or variable.name)
    leaf = path.split(":")[0].rpartition("/")[2]
    return "{}/{}:0".format(owner, leaf)


def names_of(model: Any) -> Iterator[tuple[str, Any]]:
    """(name, variable) of all variables of a model, each once. The innermost layer of each gives its name."""
    seen: set[int] = set()
    for layer in layers_of(model):
        for variable in [*layer.trainable_variables, *layer.non_trainable_variables]:
            if id(variable) not in seen:
                seen.add(id(variable))
                yield variable_name(variable, layer.name), variable


def optimizer_names(optimizer: Any) -> Iterator[tuple[str, Any]]:
    """(name, variable) of the optimizer's own variables, such as ``adam/iteration:0``.

    There may be none before the optimizer has been applied for the first time.
    """
    variables = optimizer.variables
    for variable in variables() if callable(variables) and not isinstance(variables, list) else variables:
        path = str(getattr(variable, "path", "") or variable.name)
        yield path.split(":")[0] + ":0", variable


def layers_of(model: Any) -> Iterator[Any]:
    """The layers inside a model, innermost first, the model itself last."""
    for layer in getattr(model, "layers", None) or getattr(model, "_layers", None) or ():
        yield from layers_of(layer)
    yield model


def flat_tensors(value: Any, is_tensor: Any) -> Iterator[Any]:
    """The tensors in nested tuples, lists and dictionaries, in order."""
    if is_tensor(value):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from flat_tensors(item, is_tensor)
    elif isinstance(value, dict):
        for item in value.values():
            yield from flat_tensors(item, is_tensor)


def to_numpy(value: Any) -> Any:
    """Converts a tensor or a variable. For the sparse gradient of an embedding: the rows that it has."""
    value = getattr(value, "values", value) if type(value).__name__ == "IndexedSlices" else value
    return value.numpy() if hasattr(value, "numpy") else np.asarray(value)
