"""Finds activations and inputs by the class of their module, for expressions made of Gluon's names.

The clients configure activations with the names that Gluon (MXNet) gives them. In frameworks where the script
names the modules, such an expression matches no tensor. So each of these words also means modules of a class:

    relu_output                  outputs of ReLU and ReLU6
    relu_input                   inputs of activations of all kinds
    tanh_input, sigmoid_input    inputs of Tanh and of Sigmoid
    hybridsequential0_input_0    inputs of the outermost module and of the first convolution
    embedding0_input_0           inputs of the first embedding

The classes are those that the rules look for. The tensors that are found are listed in the collection's
``tensor_names``.
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
"""The expressions of collections that a configuration may name without ``include_regex``."""


class ActivationPattern(NamedTuple):
    """Describes inputs or outputs of modules by class.

    side: ``input`` or ``output``. classes: class names in lower case. first: only the first module of these
    classes. outermost: the outermost module too.
    """

    side: str
    classes: frozenset[str]
    first: bool = False
    outermost: bool = False


PATTERNS = {
    "relu_output": ActivationPattern("output", RELUS),
    "relu_input": ActivationPattern("input", ACTIVATIONS),
    "tanh_input": ActivationPattern("input", frozenset(("tanh",))),
    "sigmoid_input": ActivationPattern("input", frozenset(("sigmoid",))),
    "hybridsequential0_input_0": ActivationPattern("input", CONVOLUTIONS, first=True, outermost=True),
    "embedding0_input_0": ActivationPattern("input", EMBEDDINGS, first=True),
}

_TENSOR = re.compile(
    r"(?P<module>.+)(_(?P<side>input|output)_\d+|/(?P<layer_side>input|output)s(_\d+)?)$|model_input(_\d+)?$"
)


def patterns_of(patterns: Iterable[str]) -> tuple[ActivationPattern, ...]:
    """The activation patterns that regular expressions name. Only whole words of PATTERNS count."""
    words = (part.strip("^$().*+? ") for pattern in patterns for part in pattern.split("|"))
    return tuple(PATTERNS[word] for word in words if word in PATTERNS)


class Modules:
    """The modules of a model, in the order in which they were created.

    classes: the prefix of a module's tensor names, to its class name. The outermost module maps to itself.
    """

    def __init__(self, classes: Mapping[str, str]) -> None:
        self._classes = {name: found.lower() for name, found in classes.items()}
        self._outermost = frozenset(name for name, found in classes.items() if name == found)

    def matches(self, name: str, patterns: Iterable[ActivationPattern]) -> bool:
        """Whether one of the patterns describes the tensor of this name."""
        match = _TENSOR.match(name)
        if match is None:
            return False
        module, side = match["module"], match["side"] or match["layer_side"] or "input"
        # A name like dense/inputs is a whole layer of Keras. Activations in Keras are functions inside a
        # layer, and their tensors have names of their own (dense/relu_input).
        layer = match["side"] is None
        return any(
            side == pattern.side and (pattern.first or not layer) and self._is_of(module, pattern)
            for pattern in patterns
        )

    def _is_of(self, module: str | None, pattern: ActivationPattern) -> bool:
        if module is None or module in self._outermost:
            return pattern.outermost
        if self._classes.get(module) not in pattern.classes:
            return False
        return not pattern.first or module == self._first(pattern.classes)

    def _first(self, classes: frozenset[str]) -> str | None:
        return next((name for name, found in self._classes.items() if found in classes), None)
