"""Which tensors a rule looks at: by collection, by name, or by the class of their module.

Names alone do not find activations everywhere: ``relu_output`` is how MXNet Gluon spells it, while a
PyTorch module is named by its attribute (``layer1.0.act_output_0``). So the capture may leave a file
``clary_modules.json`` in the trial's root, an object of module prefix to class name
(``{"layer1.0.act": "ReLU"}``), and a selection may ask for classes too. Keras names activations and layers
in ways of its own (``dense/relu_output``, ``dense/inputs``, ``model_input``), which also tell that channels
come last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .expressions import found_in

if TYPE_CHECKING:
    from collections.abc import Mapping

Side = Literal["input", "output"]

TENSOR_OF_MODULE = re.compile(r"(?P<module>.+)_(?P<side>input|output)_\d+$")
KERAS_MODEL_INPUT = re.compile(r"model_input(_\d+)?$")
KERAS_LAYER = re.compile(r"/(inputs|outputs|(relu|tanh|sigmoid)_(input|output))(_\d+)?$")


@dataclass(frozen=True, slots=True)
class Selection:
    """The union of what its parts name; without parts, every tensor.

    ``patterns`` match anywhere in the name. ``classes`` are lower-case class names of modules, of
    which the tensors of ``side`` are meant. ``top`` means the inputs of the outermost module.
    """

    collections: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    classes: frozenset[str] = frozenset()
    side: Side = "output"
    top: bool = False

    @property
    def everything(self) -> bool:
        return not (self.collections or self.patterns or self.classes or self.top)


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of tensors, as the collections file of a trial describes it."""

    tensor_names: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.tensor_names or any(found_in(p, name) for p in self.patterns)


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of a trial's tensors mean, so far. Answers are remembered: names repeat each step."""

    collections: Mapping[str, Collection] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    _known: dict[tuple[Selection, str], bool] = field(default_factory=dict, compare=False, repr=False)

    def selected(self, selection: Selection, name: str) -> bool:
        key = (selection, name)
        answer = self._known.get(key)
        if answer is None:
            answer = self._known[key] = self._decide(selection, name)
        return answer

    def module_class(self, name: str) -> str:
        """The lower-case class of the module that tensor ``name`` goes into or comes out of, or ``""``."""
        match = TENSOR_OF_MODULE.match(name)
        return "" if match is None else self.modules.get(match["module"], "").lower()

    def is_model_input(self, name: str) -> bool:
        """Whether tensor ``name`` goes into the outermost module."""
        if KERAS_MODEL_INPUT.match(name):
            return True
        match = TENSOR_OF_MODULE.match(name)
        return match is not None and match["side"] == "input" and self._is_top(match["module"])

    def channels_last(self, name: str) -> bool:
        """Whether the frame of tensor ``name`` puts channels behind positions, as Keras does by default."""
        return bool(KERAS_LAYER.search(name) or KERAS_MODEL_INPUT.match(name))

    def unit_axis(self, name: str, axes: int) -> int:
        """The axis that counts the units of activation ``name``: channels, or features of a dense layer.

        axes: how many the activation has, two or more. Three are ``[N, C, L]`` behind a Conv1d and
        ``[N, T, U]`` behind a dense layer over sequences; a model with any Conv1d is taken for the first,
        as is one whose modules are not known.
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
        if any(found_in(pattern, name) for pattern in selection.patterns):
            return True
        if selection.top and self.is_model_input(name):
            return True
        match = TENSOR_OF_MODULE.match(name) if self.modules else None
        if match is None:
            return False
        return match["side"] == selection.side and self.module_class(name) in selection.classes

    def _is_top(self, prefix: str) -> bool:
        # The outermost module has no attribute name: its tensors carry its class.
        return self.modules.get(prefix) == prefix


_NOTHING = Collection()
