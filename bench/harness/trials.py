"""Trials for measurements, written by Clary's writer. smdebug would write the same number of bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from clary.debugger.tensors import Collection, Mode, TensorWriter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COLLECTIONS = {
    "gradients": Collection("gradients", ("^gradient/",)),
    "weights": Collection("weights", (r"^layer.*weight$",)),
    "biases": Collection("biases", (r"^layer.*bias$",)),
    "losses": Collection("losses", ("Loss_output",)),
    "everything": Collection("everything", (".*",)),
}


def write_trial(folder: Path, steps: int, sizes: Mapping[str, int]) -> Path:
    """Writes ``steps`` training steps of float32 tensors, and a decreasing loss. sizes: elements by name."""
    writer = TensorWriter(str(folder), end_marker=True, on_sigterm=False)
    writer.set_collections(COLLECTIONS)
    random = np.random.default_rng(0)
    for step in range(steps):
        tensors = []
        for name, size in sizes.items():
            array = writer.empty((size,), np.float32)
            random.standard_normal(out=array, dtype=np.float32)
            tensors.append((name, array))
        tensors.append(("CrossEntropyLoss_output_0", np.array(2.0 / (1 + step), np.float32)))
        if not writer.write(step, Mode.TRAIN, step, tensors):
            raise RuntimeError(f"step {step} of the trial was not written")
    writer.close()
    return folder


def drop_from_cache(folder: Path) -> None:
    """Asks the system to remove the files from its cache, so that the next reader reads the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)
