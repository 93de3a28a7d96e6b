"""A training job in the stores that has saved tensors, and questions about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from clary.debugger.tensors import Collection, Mode, TensorWriter
from clary.domain.errors import UnknownOperation
from clary.server.operation import READS
from clary.server.registry import find_operation
from clary.services.context import Context

BUCKET, JOB = "digits", "cnn"
ROOT = f"s3://{BUCKET}/tensors"
STEPS = 12


@dataclass(frozen=True, slots=True)
class Trained:
    """A job whose files are under ``tensors/<job>/debug-output``."""

    ctx: Context
    job: str = JOB

    def put(self, path: str, content: bytes) -> None:
        self.put_at(f"tensors/{self.job}/debug-output/{path}", content)

    def put_at(self, key: str, content: bytes) -> None:
        writer = self.ctx.blobs.stage()
        writer.write(content)
        self.ctx.blobs.objects.put(BUCKET, key, writer.finish(), attributes={}, modified_at=self.ctx.now())

    def put_folder(self, folder: Path) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(str(path.relative_to(folder)), path.read_bytes())

    def ask(self, operation: str, **request: Any) -> Any:
        """As a page asks, in a reading process."""
        if not operation.startswith(READS):
            raise UnknownOperation(f"{operation} would run in a transaction")
        return find_operation("studio", operation)(self.ctx, {"TrainingJobName": self.job, **request})

    def as_caller(self, **members: Any) -> Trained:
        return replace(self, ctx=replace(self.ctx, **members))


def write_trial(folder: Path, *, steps: int = STEPS, ended: bool = True) -> None:
    """A network that learns: two workers, training and validation, a weight that grows by one a step."""
    numbers = np.random.default_rng(0)
    writers = [
        TensorWriter(str(folder), f"worker_{number}", 2, end_marker=ended and number == 0, on_sigterm=False)
        for number in range(2)
    ]
    for writer in writers:
        writer.set_collections(
            {
                "losses": Collection("losses", ("loss",)),
                "weights": Collection("weights", (), frozenset({"fc.weight", "conv.weight"})),
            }
        )
    for step in range(steps):
        mode = Mode.EVAL if step % 4 == 3 else Mode.TRAIN
        for number, writer in enumerate(writers):
            image = numbers.random((4, 1, 8, 8)).astype(np.float32)
            conv = numbers.standard_normal((4, 6, 6, 6)).astype(np.float32)
            scores = conv.reshape(4, -1)[:, :10].copy()
            named = {
                "Net_input_0": image,
                "conv_output_0": conv,
                "relu_output_0": np.maximum(conv, 0),
                "fc_output_0": scores,
                "Net_output_0": scores,
                "loss_output_0": np.float32(1 / (step + 1) + number),
                "fc.weight": np.arange(600, dtype=np.float32).reshape(20, 30) + step,
                "conv.weight": numbers.standard_normal((6, 1, 3, 3)).astype(np.float32),
                "broken": np.array([1.0, np.nan, np.inf, -np.inf, 0.0], np.float32),
            }
            writer.write(step, mode, step, [(name, np.asarray(value)) for name, value in named.items()])
    for writer in writers:
        writer.close()
