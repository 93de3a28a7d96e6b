"""Selects the tensors that a rule evaluates: by collection, by name, or by the class of their module.

Names are not enough to find activations: in MXNet Gluon the name is ``relu_output``, but in PyTorch a module
is named after its attribute (``layer1.0.act_output_0``). So the capture writes ``clary_modules.json`` to the
root of the trial, which maps the prefix of tensor names to the class name of the module
(``{"layer1.0.act": "ReLU"}``), and a selection can also name classes. Keras has its own names of activations
and layers (``dense/relu_output``, ``dense/inputs``, ``model_input``); tensors with such names have their
channels last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .expressions import matches

if TYPE_CHECKING:
    from collections.abc import Mapping

Side = Literal["input", "output"]

TENSOR_OF_MODULE = re.compile(r"(?P<module>.+)_(?P<side>input|output)_\d+$")
KERAS_MODEL_INPUT = re.compile(r"model_input(_\d+)?$")
KERAS_LAYER = re.compile(r"/(inputs|outputs|(relu|tanh|sigmoid)_(input|output))(_\d+)?$")


@dataclass(frozen=True, slots=True)
class Selection:
    """Selects the union of its parts; without any part, every tensor.

    collections: names of collections. patterns: regular expressions that match anywhere in a name. classes:
    class names of modules in lower case; selects their tensors of ``side``. outermost: the inputs of the
    outermost module.
    """

    collections: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    classes: frozenset[str] = frozenset()
    side: Side = "output"
    outermost: bool = False

    @property
    def everything(self) -> bool:
        """Whether it selects every tensor."""
        return not (self.collections or self.patterns or self.classes or self.outermost)


@dataclass(frozen=True, slots=True)
class CollectionMatcher:
    """Matches the tensors of one collection of the collections file: ``name in matcher``."""

    tensor_names: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.tensor_names or any(matches(p, name) for p in self.patterns)


@dataclass(frozen=True, slots=True)
class TensorNames:
    """Interprets the tensor names of a trial: collections, modules, channels.

    collections: by name. modules: the prefix of a module's tensor names, to its class name. The answers of
    ``selected`` are cached, because every step has the same names.
    """

    collections: Mapping[str, CollectionMatcher] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    _known: dict[tuple[Selection, str], bool] = field(default_factory=dict, compare=False, repr=False)

    def selected(self, selection: Selection, name: str) -> bool:
        """Whether the selection includes the tensor. Raises RuleConfigurationError: see ``expressions``."""
        key = (selection, name)
        answer = self._known.get(key)
        if answer is None:
            answer = self._known[key] = self._decide(selection, name)
        return answer

    def module_class(self, name: str) -> str:
        """The class, in lower case, of the module of which the tensor is an input or output; else ``""``."""
        match = TENSOR_OF_MODULE.match(name)
        return "" if match is None else self.modules.get(match["module"], "").lower()

    def is_model_input(self, name: str) -> bool:
        """Whether the tensor is an input of the outermost module."""
        if KERAS_MODEL_INPUT.match(name):
            return True
        match = TENSOR_OF_MODULE.match(name)
        return match is not None and match["side"] == "input" and self._is_outermost(match["module"])

    def channels_last(self, name: str) -> bool:
        """Whether the channels of the tensor are on its last axis, as in Keras by default."""
        return bool(KERAS_LAYER.search(name) or KERAS_MODEL_INPUT.match(name))

    def unit_axis(self, name: str, axes: int) -> int:
        """The axis of the units of an activation: channels, or features of a dense layer.

        axes: the number of axes, two or more. With three axes, the output of a Conv1d is ``[N, C, L]`` and
        that of a dense layer over sequences is ``[N, T, U]``. If the model has any Conv1d, or its modules are
        not known, the first is assumed.
        """
        if axes < 3 or self.channels_last(name):
            return axes - 1
        if axes > 3 or not self.modules:
            return 1
        return 1 if any("conv1d" in kind.lower() for kind in self.modules.values()) else axes - 1

    def _decide(self, selection: Selection, name: str) -> bool:
        if selection.everything:
            return True
        if any(name in self.collections.get(wanted, _NOTHING) for wanted in selection.collections):
            return True
        if any(matches(pattern, name) for pattern in selection.patterns):
            return True
        if selection.outermost and self.is_model_input(name):
            return True
        match = TENSOR_OF_MODULE.match(name) if self.modules else None
        if match is None:
            return False
        return match["side"] == selection.side and self.module_class(name) in selection.classes

    def _is_outermost(self, prefix: str) -> bool:
        # The outermost module has no attribute name: its tensors are named after its class.
        return self.modules.get(prefix) == prefix


_NOTHING = CollectionMatcher()
