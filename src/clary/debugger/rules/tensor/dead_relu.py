"""Finds layers in which most ReLU units are always zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..activity import idle_share, values_per_unit
from ..finding import Finding
from ..parameters import between
from ..rule import Rule
from ..selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import RuleStep

DEFAULT_REGEX = (".*relu_output",)
RELU_CLASSES = frozenset({"relu", "relu6"})
MIN_VALUES = 4
"""The least number of values of a unit in a batch. For a single sample, which may be the last batch, half of
the units of a healthy layer are zero."""


@dataclass(frozen=True, slots=True)
class DeadRelu(Rule):
    """A unit is a channel of a convolution or a feature of a dense layer. Axis 0 counts the samples.

    ``TensorNames.unit_axis`` gives the axis of the units.
    """

    tensor_regex: tuple[str, ...] = DEFAULT_REGEX
    threshold_inactivity: float = 1.0  # percent of samples and positions; a unit active less often is dead
    threshold_layer: float = 50.0  # percent of units

    default_collections: ClassVar[tuple[str, ...]] = ("relu_output",)

    meaning: ClassVar[str] = (
        "Most units of this layer give zero for every sample of the batch, so they get no gradient and will "
        "rarely become active again; the network uses only a fraction of its width."
    )
    remedy: ClassVar[str] = (
        "Lower the learning rate, check the initialization (He for ReLU, no large negative biases) and "
        "normalize the inputs; LeakyReLU, ELU or GELU keep a gradient where ReLU has none."
    )

    def __post_init__(self) -> None:
        between("threshold_inactivity", self.threshold_inactivity, 0, 100)
        between("threshold_layer", self.threshold_layer, 0, 100)

    def check(self, step: RuleStep) -> Iterator[Finding]:
        for tensor, activation in step.arrays(self._selection()):
            if activation.ndim > 1:
                activation = np.moveaxis(activation, step.names.unit_axis(tensor.name, activation.ndim), 1)
            if values_per_unit(activation) < MIN_VALUES:
                continue
            dead = idle_share(activation > 0, below_percent=self.threshold_inactivity)
            if dead > self.threshold_layer:
                message = f"{dead:.0f}% of the units are dead, more than {self.threshold_layer:g}%"
                yield Finding(step.number, tensor.name, dead, self.threshold_layer, message, tensor.worker)

    def _selection(self) -> Selection:
        if self.tensor_regex != DEFAULT_REGEX:
            return Selection(patterns=self.tensor_regex)
        return Selection(patterns=DEFAULT_REGEX, classes=RELU_CLASSES, side="output")
