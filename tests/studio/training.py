"""A small real training in numpy: a convolution and a dense layer on real digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from clary.debugger.tensors import Collection, Mode, TensorWriter
from clary.debugger.trial import Trial, open_trial

MAPS, BATCH, RATE = 12, 64, 0.5
FEW = 4
SAVED = (0, 20, 60)


def train(root: Path) -> Trial:
    """Trains, and saves three steps as a hook does. The last ones predict well."""
    images, labels = digits()
    numbers = np.random.default_rng(0)
    kernels = numbers.normal(0, 0.3, (9, MAPS))
    weights = numbers.normal(0, 0.05, (MAPS * 36, 10))
    writer = TensorWriter(str(root), "worker_0", 1, end_marker=True, on_sigterm=False)
    writer.set_collections({"losses": Collection("losses", ("[Ll]oss_(?!input).*output",))})
    for step in range(max(SAVED) + 1):
        chosen = (np.arange(BATCH) + step * BATCH) % len(images)
        image, label = images[chosen], labels[chosen]
        patches = np.lib.stride_tricks.sliding_window_view(image[:, 0], (3, 3), axis=(1, 2))
        patches = patches.reshape(BATCH, 36, 9)
        conv = patches @ kernels  # [N, positions, maps]
        hidden = np.maximum(conv, 0)
        scores = hidden.transpose(0, 2, 1).reshape(BATCH, -1) @ weights
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        if step in SAVED:
            maps = conv.transpose(0, 2, 1).reshape(BATCH, MAPS, 6, 6)
            loss = -np.log(shares[np.arange(BATCH), label]).mean()
            assert writer.write(step, Mode.TRAIN, step, _tensors(image, maps, scores, label, loss))
        error = (shares - np.eye(10)[label]) / BATCH
        flat = hidden.transpose(0, 2, 1).reshape(BATCH, -1)
        back = (error @ weights.T).reshape(BATCH, MAPS, 36).transpose(0, 2, 1) * (conv > 0)
        weights -= RATE * flat.T @ error
        kernels -= RATE * np.einsum("npk,npm->km", patches, back)
    writer.close()
    return open_trial(root)


def residual(root: Path) -> Trial:
    """Saves a network of two blocks of ten layers, each with a residual connection; 4 random samples."""
    numbers = np.random.default_rng(0)
    writer = TensorWriter(str(root), "worker_0", 1, end_marker=True, on_sigterm=False)
    writer.set_collections({"losses": Collection("losses")})
    images = numbers.random((FEW, 1, 8, 8)).astype(np.float32)
    for step in range(2):
        image = images if step else images[[1, 2, 3, 0]]
        value = numbers.standard_normal((FEW, 4, 6, 6)).astype(np.float32)
        tensors: dict[str, Any] = {"Net_input_0": image, "stem_input_0": image, "stem_output_0": value}
        for block in ("layer1", "layer2"):
            short = value
            for layer in range(9):
                value = numbers.standard_normal(value.shape).astype(np.float32)
                tensors[f"{block}.conv{layer}_output_0"] = value
            value = np.maximum(value + short, 0)
            tensors[f"{block}.relu_output_0"] = value
        scores = numbers.standard_normal((FEW, 10)).astype(np.float32)
        tensors |= {"fc_output_0": scores, "Net_output_0": scores}
        assert writer.write(step, Mode.TRAIN, step, list(tensors.items()))
    writer.close()
    return open_trial(root)


def digits() -> tuple[Any, Any]:
    """1,797 images of 8 x 8, [N, 1, 8, 8] in 0..1, and their classes."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.images[:, None] / 16).astype(np.float32), found.target


def _tensors(image: Any, maps: Any, scores: Any, label: Any, loss: Any) -> list[tuple[str, Any]]:
    named = {
        "Net_input_0": image,
        "conv_output_0": maps,
        "relu_output_0": np.maximum(maps, 0),
        "fc_output_0": scores,
        "Net_output_0": scores,
        "CrossEntropyLoss_input_0": scores,
        "CrossEntropyLoss_input_1": label,
        "CrossEntropyLoss_output_0": loss,
    }
    return [
        (name, np.asarray(value, np.int64 if name.endswith("input_1") else np.float32))
        for name, value in named.items()
    ]
