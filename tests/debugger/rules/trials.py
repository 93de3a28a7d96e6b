"""Writes trials to disk with the real writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clary.debugger.tensors import Collection, Mode, TensorWriter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COLLECTIONS = {
    "gradients": Collection("gradients", ("^gradient",)),
    "weights": Collection("weights", ("^(?!gradient).*weight",)),
    "losses": Collection("losses", ("[Ll]oss_(?!input).*output",)),
}


class Training:
    """Saves steps as a hook does. The files exist when ``save`` returns."""

    def __init__(self, root: Path, *, worker: str = "worker_0", num_workers: int = 1) -> None:
        self._writer = TensorWriter(
            str(root), worker=worker, num_workers=num_workers, end_marker=True, on_sigterm=False
        )
        self._writer.set_collections(COLLECTIONS)

    def save(self, step: int, tensors: Mapping[str, Any], mode: Mode = Mode.TRAIN) -> None:
        named = [(name, np.asarray(value)) for name, value in tensors.items()]
        assert self._writer.write(step, mode, step, named)
        assert self._writer.flush(10)

    def end(self) -> None:
        self._writer.close()


def a_training(root: Path, *steps: Mapping[str, Any]) -> None:
    """A whole training, with its end marker."""
    training = Training(root)
    for number, tensors in enumerate(steps):
        training.save(number, tensors)
    training.end()
