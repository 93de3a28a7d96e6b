"""What the words of MXNet mean elsewhere: activations and inputs by the class of their module.

The clients configure activations by the names that Gluon gives them. Where modules are named by the script,
such an expression finds nothing, so it stands for modules of a class too:

    relu_output                  outputs of ReLU and ReLU6
    relu_input                   inputs of activations of all kinds
    tanh_input, sigmoid_input    inputs of these
    hybridsequential0_input_0    inputs of the outermost module and of the first convolution
    embedding0_input_0           inputs of the first embedding

The classes are those that the rules look for. What is found is listed in the collection's ``tensor_names``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RELUS = frozenset(("relu", "relu6"))
ACTIVATIONS = RELUS | frozenset(
    ("leakyrelu", "prelu", "elu", "selu", "gelu", "silu", "mish", "tanh", "sigmoid")
)
CONVOLUTIONS = frozenset(("conv2d", "conv3d"))
EMBEDDINGS = frozenset(("embedding",))

COLLECTIONS = {
    "relu_output": (".*relu_output",),
    "relu_input": (".*relu_input",),
    "tanh_input": (".*tanh_input",),
    "sigmoid_input": (".*sigmoid_input",),
    "input_image": (".*hybridsequential0_input_0",),
    "input_sequence": (".*embedding0_input_0",),
}
"""The expressions of collections that a configuration may name without giving any."""


class Meaning(NamedTuple):
    """``classes``: in lower case. first: only the first module of them. top: the outermost module too."""

    side: str
    classes: frozenset[str]
    first: bool = False
    top: bool = False


MEANINGS = {
    "relu_output": Meaning("output", RELUS),
    "relu_input": Meaning("input", ACTIVATIONS),
    "tanh_input": Meaning("input", frozenset(("tanh",))),
    "sigmoid_input": Meaning("input", frozenset(("sigmoid",))),
    "hybridsequential0_input_0": Meaning("input", CONVOLUTIONS, first=True, top=True),
    "embedding0_input_0": Meaning("input", EMBEDDINGS, first=True),
}

_TENSOR = re.compile(
    r"(?P<module>.+)(_(?P<side>input|output)_\d+|/(?P<layer_side>input|output)s(_\d+)?)$|model_input(_\d+)?$"
)


def meanings_of(patterns: Iterable[str]) -> tuple[Meaning, ...]:
    """What regular expressions mean beyond the names they match; only whole words of MEANINGS count."""
    words = (part.strip("^$().*+? ") for pattern in patterns for part in pattern.split("|"))
    return tuple(MEANINGS[word] for word in words if word in MEANINGS)


class Modules:
    """The modules of a model by the names that their tensors begin with, in the order of their making.

    classes: to class names. The outermost module maps to itself.
    """

    def __init__(self, classes: Mapping[str, str]) -> None:
        self._classes = {name: found.lower() for name, found in classes.items()}
        self._tops = frozenset(name for name, found in classes.items() if name == found)

    def mean(self, name: str, meanings: Iterable[Meaning]) -> bool:
        """Whether one of the meanings is the tensor of this name."""
        match = _TENSOR.match(name)
        if match is None:
            return False
        module, side = match["module"], match["side"] or match["layer_side"] or "input"
        # Activations of Keras are functions that layers end with, and have names that say so.
        layer = match["side"] is None
        return any(
            side == meaning.side and (meaning.first or not layer) and self._is(module, meaning)
            for meaning in meanings
        )

    def _is(self, module: str | None, meaning: Meaning) -> bool:
        if module is None or module in self._tops:
            return meaning.top
        if self._classes.get(module) not in meaning.classes:
            return False
        return not meaning.first or module == self._first(meaning.classes)

    def _first(self, classes: frozenset[str]) -> str | None:
        return next((name for name, found in self._classes.items() if found in classes), None)
