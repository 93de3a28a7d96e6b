"""Which tensors a rule looks at: by collection, by name, or by the class of their module.

Names alone do not find activations everywhere: ``relu_output`` is how MXNet Gluon spells it, while a
PyTorch module is named by its attribute (``layer1.0.act_output_0``). So the capture may leave a file
``clary_modules.json`` in the trial's root, an object of module prefix to class name
(``{"layer1.0.act": "ReLU"}``), and a selection may ask for classes too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Side = Literal["input", "output"]

TENSOR_OF_MODULE = re.compile(r"(?P<module>.+)_(?P<side>input|output)_\d+$")


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
        return name in self.tensor_names or any(_compiled(p).search(name) for p in self.patterns)


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

    def _decide(self, selection: Selection, name: str) -> bool:
        if selection.everything:
            return True
        if any(name in self.collections.get(wanted, _NOTHING) for wanted in selection.collections):
            return True
        if any(_compiled(pattern).search(name) for pattern in selection.patterns):
            return True
        match = TENSOR_OF_MODULE.match(name) if self.modules else None
        if match is None:
            return False
        if selection.top and match["side"] == "input" and self._is_top(match["module"]):
            return True
        return match["side"] == selection.side and self.module_class(name) in selection.classes

    def _is_top(self, prefix: str) -> bool:
        # The outermost module has no attribute name: its tensors carry its class.
        return self.modules.get(prefix) == prefix


_NOTHING = Collection()


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
