"""Trials of small networks, with the names, orders and shapes of PyTorch, Gluon and Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from clary.debugger.tensors import Collection, Mode, TensorWriter
from clary.debugger.trial import Trial, open_trial

Tensors = dict[str, Any]


def save(root: Path, *steps: Tensors, modes: tuple[Mode, ...] = (), keras: bool = False) -> Trial:
    """A trial with one step for each element, numbered from 0, and the end marker."""
    writer = TensorWriter(str(root), "worker_0", 1, end_marker=True, on_sigterm=False)
    names = ("layers", "sm_metrics", "losses") if keras else ("losses",)
    writer.set_collections({name: Collection(name) for name in names})
    for number, tensors in enumerate(steps):
        arrays = [(name, np.asarray(value)) for name, value in tensors.items()]
        assert writer.write(number, modes[number] if modes else Mode.TRAIN, number, arrays)
    writer.close()
    return open_trial(root)


def pytorch(seed: int = 0, samples: int = 4) -> Tensors:
    """Tensors in the order in which modules return. The container repeats the output of its last layer."""
    numbers = np.random.default_rng(seed)
    image = numbers.random((samples, 1, 8, 8), np.float32)
    conv = numbers.standard_normal((samples, 3, 6, 6)).astype(np.float32)
    scores = numbers.standard_normal((samples, 5)).astype(np.float32)
    return {
        "Net_conv1.weight": numbers.standard_normal((3, 1, 3, 3)).astype(np.float32),
        "Net_input_0": image,
        "conv1_input_0": image,
        "conv1_output_0": conv,
        "relu_input_0": conv,
        "relu_output_0": np.maximum(conv, 0),
        "fc_input_0": np.maximum(conv, 0).reshape(samples, -1),
        "fc_output_0": scores,
        "Net_output_0": scores,
        "CrossEntropyLoss_input_0": scores,
        "CrossEntropyLoss_input_1": np.arange(samples) % 5,
        "CrossEntropyLoss_output_0": np.float32(1.5),
        "gradient/Net_conv1.weight": numbers.standard_normal((3, 1, 3, 3)).astype(np.float32),
    }


def gluon(samples: int = 4) -> Tensors:
    """Tensors of Keras: a layer's activation comes before the layer, the network's input at the end."""
    numbers = np.random.default_rng(1)
    image = numbers.random((samples, 1, 8, 8), np.float32)
    conv = numbers.standard_normal((samples, 4, 6, 6)).astype(np.float32)
    relu = np.maximum(conv, 0)
    scores = numbers.standard_normal((samples, 3)).astype(np.float32)
    return {
        "conv0_relu_input_0": conv,
        "conv0_relu_output_0": relu,
        "conv0_input_0": image,
        "conv0_output_0": relu,
        "dense0_input_0": relu,
        "dense0_output_0": scores,
        "hybridsequential0_input_0": image,
        "hybridsequential0_output_0": scores,
        "softmaxcrossentropyloss0_input_0": scores,
        "softmaxcrossentropyloss0_input_1": np.zeros(samples, np.float32),
        "softmaxcrossentropyloss0_output_0": np.ones(samples, np.float32),
    }


def keras(samples: int = 4) -> Tensors:
    """Tensors with channels last, and predictions besides the last layer."""
    numbers = np.random.default_rng(2)
    image = numbers.random((samples, 8, 6, 3), np.float32)
    shares = np.full((samples, 4), 0.1, np.float32) + 0.6 * np.eye(4, dtype=np.float32)[:samples]
    return {
        "conv2d/inputs": image,
        "conv2d/outputs": numbers.standard_normal((samples, 6, 4, 5)).astype(np.float32),
        "dense/inputs": numbers.standard_normal((samples, 5)).astype(np.float32),
        "dense/outputs": shares,
        "model_input": image,
        "predictions": shares,
        "labels": np.arange(samples),
        "loss": np.float32([0.5]),
    }


def recurrent(samples: int = 3, steps: int = 7) -> Tensors:
    """Sequences: the batch is the second axis of an LSTM's state, and there are as many steps as samples."""
    numbers = np.random.default_rng(3)

    def some(*shape: int) -> Any:
        return numbers.standard_normal(shape).astype(np.float32)

    return {
        "Tagger_input_0": numbers.integers(0, 9, (samples, steps)),
        "embed_output_0": some(samples, steps, 6),
        "lstm_output_0": some(samples, steps, 4),
        "lstm_output_1": some(1, samples, 4),
        "out_output_0": some(samples, 2),
        "Tagger_output_0": some(samples, 2),
        "CrossEntropyLoss_input_1": np.zeros(samples, np.int64),
    }
