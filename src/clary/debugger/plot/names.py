"""Interprets tensor names: activations, inputs, labels.

conv1_output_0, layer1.0.relu_output_1     PyTorch: the module's path, and the number of its call in the step
conv0_relu_output_0                        MXNet Gluon
Net_relu_output_0                          PyTorch: a function that the module ``Net`` calls
conv2d/outputs, conv2d/relu_output         Keras
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OUTPUT = re.compile(r"(?P<layer>.+?)(?:_output(?:_(?P<call>\d+))?|/outputs(?::\d+)?)$")
_INPUT = re.compile(r"(?P<layer>.+?)(?:_input(?:_(?P<call>\d+))?|/inputs(?::\d+)?)$")
_LOSS = re.compile(r"([Ll]oss|[Cc]riterion)\d*_(input|output)_\d+$|^loss_output_\d+$")
_LOSS_LABEL = re.compile(r"([Ll]oss|[Cc]riterion)\d*_input_1$")
_OF_LOGITS = re.compile(r"BCEWithLogits|binary_cross_entropy_with_logits|SoftMarginLoss|soft_margin_loss")
_OF_PROBABILITIES = re.compile(r"BCELoss|binary_cross_entropy_loss")
MODEL_INPUT = "model_input"
MODEL_LABELS = "labels"


def activations(names: Iterable[str]) -> list[str]:
    """The outputs of layers, without losses, in the given order."""
    return [name for name in names if _OUTPUT.match(name) and not _LOSS.search(name)]


def inputs(names: Iterable[str]) -> list[str]:
    """The inputs of layers and of the network, in the given order."""
    return [name for name in names if name == MODEL_INPUT or (_INPUT.match(name) and not _LOSS.search(name))]


def labels(names: Iterable[str]) -> list[str]:
    """The tensors that may be the labels, the best first."""
    found = list(names)
    return [name for name in found if name == MODEL_LABELS] + [
        name for name in found if _LOSS_LABEL.search(name)
    ]


def binary(names: Iterable[str]) -> str:
    """The meaning of a single score, from the loss: ``logit``, ``probability``, or empty for a value."""
    joined = " ".join(names)
    return "logit" if _OF_LOGITS.search(joined) else "probability" if _OF_PROBABILITIES.search(joined) else ""


def input_of(output: str, call: int = 0) -> str:
    """The name of the input of a layer, from the name of its output. call: the number of the layer's call."""
    layer = layer_of(output)
    return f"{layer}/inputs" if "/outputs" in output else f"{layer}_input_{call}"


def call_of(output: str) -> int:
    """The number of the layer's call that gave an output, counted from 0."""
    match = _OUTPUT.match(output)
    return int(match["call"] or 0) if match else 0


def layer_of(name: str) -> str:
    """The layer's part of the name of an input or output."""
    match = _OUTPUT.match(name) or _INPUT.match(name)
    return match["layer"] if match else name


def title(name: str, module: str, drawn: Mapping[str, int]) -> str:
    """The title of a layer in the picture. module: its class, if known. drawn: outputs of each layer."""
    match = _OUTPUT.match(name)
    if match is None:
        return name
    layer = match["layer"]
    # A module in a list has a number instead of a name: add its class.
    text = f"{layer} {module}" if module and layer.rpartition(".")[2].isdigit() else layer
    return f"{text} ({int(match['call'] or 0) + 1})" if drawn.get(layer, 1) > 1 else text
