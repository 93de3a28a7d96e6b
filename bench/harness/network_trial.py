"""A trial of a network with many feature maps, as its hook would have saved it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clary.debugger.tensors import Collection, Mode, TensorWriter

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 28
STEPS = 2


def write_trial(folder: Path, maps: int, steps: int = STEPS) -> None:
    """Writes steps 0, 1, ...: an image, a layer of convolutions of it, and the ReLU of them.

    maps: of both layers together, each of SIDE x SIDE values.
    """
    numbers = np.random.default_rng(0)
    image = numbers.random((1, SIDE + 2, SIDE + 2), np.float32).cumsum(axis=1).cumsum(axis=2) / SIDE
    patches = np.lib.stride_tricks.sliding_window_view(image[0], (3, 3)).reshape(SIDE, SIDE, 9)
    writer = TensorWriter(str(folder), "worker_0", 1, end_marker=True, on_sigterm=False)
    writer.set_collections({"losses": Collection("losses")})
    for step in range(steps):
        kernels = numbers.normal(0, 1, (9, maps // 2))
        conv = (patches @ kernels).transpose(2, 0, 1)[None].astype(np.float32)
        tensors: list[tuple[str, Any]] = [
            ("Net_input_0", image[None, :, 1:-1, 1:-1]),
            ("conv_output_0", conv),
            ("relu_output_0", np.maximum(conv, 0)),
            ("fc_output_0", conv[:, :, 3, 3][:, :10]),
        ]
        writer.write(step, Mode.TRAIN, step, tensors)
    writer.close()
