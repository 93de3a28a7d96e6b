"""Finds tanh and sigmoid units whose inputs are in the range where the function is flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..activity import idle_share
from ..errors import RuleParameterError
from ..finding import Finding
from ..parameters import between
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import RuleStep

DEFAULT_REGEX = (".*tanh_input|.*sigmoid_input",)
CLASSES = frozenset({"tanh", "sigmoid"})


@dataclass(frozen=True, slots=True)
class SaturatedActivation(Rule):
    """At the bounds, the derivative of the function falls below 1e-7. Units are defined as in DeadRelu."""

    collection_names: tuple[str, ...] = ()
    tensor_regex: tuple[str, ...] = DEFAULT_REGEX
    threshold_tanh_min: float = -9.4999
    threshold_tanh_max: float = 9.4999
    threshold_sigmoid_min: float = -23.0
    threshold_sigmoid_max: float = 16.99999
    threshold_inactivity: float = 1.0  # percent of samples in range; a unit in range less often is saturated
    threshold_layer: float = 50.0  # percent of units

    default_collections: ClassVar[tuple[str, ...]] = ("tanh_input", "sigmoid_input")

    meaning: ClassVar[str] = (
        "Most units of this layer get inputs so large that tanh or sigmoid is flat there: no gradient "
        "passes, and the layers below stop learning."
    )
    remedy: ClassVar[str] = (
        "Scale the inputs, use a smaller initialization (Xavier) or a lower learning rate, put a "
        "normalization layer before the activation, or use ReLU-like activations."
    )

    def __post_init__(self) -> None:
        between("threshold_inactivity", self.threshold_inactivity, 0, 100)
        between("threshold_layer", self.threshold_layer, 0, 100)
        for function in ("tanh", "sigmoid"):
            low, high = self._bounds(function)
            if low >= high:
                name = f"threshold_{function}_min"
                raise RuleParameterError(name, low, f"give less than threshold_{function}_max ({high:g})")

    def check(self, step: RuleStep) -> Iterator[Finding]:
        for tensor, given in step.arrays(self._selection()):
            function = _function(tensor.name, step)
            if function is None:
                continue
            if given.ndim > 1:
                given = np.moveaxis(given, step.names.unit_axis(tensor.name, given.ndim), 1)
            low, high = self._bounds(function)
            saturated = idle_share((given > low) & (given < high), below_percent=self.threshold_inactivity)
            if saturated > self.threshold_layer:
                limit = self.threshold_layer
                message = f"{saturated:.0f}% of the {function} units are saturated, more than {limit:g}%"
                yield Finding(
                    step.number, tensor.name, saturated, self.threshold_layer, message, tensor.worker
                )

    def _selection(self) -> Selection:
        if self.tensor_regex != DEFAULT_REGEX:
            return Selection(self.collection_names, self.tensor_regex)
        return Selection(self.collection_names, DEFAULT_REGEX, CLASSES, side="input")

    def _bounds(self, function: str) -> tuple[float, float]:
        if function == "tanh":
            return self.threshold_tanh_min, self.threshold_tanh_max
        return self.threshold_sigmoid_min, self.threshold_sigmoid_max


def _function(name: str, step: RuleStep) -> str | None:
    """``tanh`` or ``sigmoid``, from the module's class, else from the tensor's name; None for any other."""
    kind = step.names.module_class(name)
    if kind in CLASSES:
        return kind
    return next((function for function in ("tanh", "sigmoid") if function in name.lower()), None)
