"""The tensors of a job as a user reads them: copied by the aws command, opened by the real smdebug.

Also the arithmetic of a small network, to compute its results again from the tensors.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tests.journeys.clients import Client
from tests.journeys.server import Clients

READ = Path(__file__).parent.parent / "debugger/trial/scripts/read.py"
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A trial as the real smdebug read it. facts: steps, names, workers, collections, whether it ended."""

    facts: dict[str, Any]
    arrays: dict[str, Array]

    def value(self, name: str, step: int, worker: str = "worker_0") -> Array:
        return self.arrays[f"value|{name}|{step}|{worker}"]

    @property
    def names(self) -> set[str]:
        return set(self.facts["tensor_names"])

    def steps(self, mode: str = "GLOBAL") -> list[int]:
        """GLOBAL: over all modes."""
        found: list[int] = self.facts["steps"][mode]
        return found


def read_copy(v2: Client, uri: str, folder: Path) -> Seen:
    """Copies the tensors below ``uri`` with the aws command and reads them with the real smdebug."""
    copy = folder / "tensors"
    v2.command("aws", "s3", "cp", "--recursive", "--quiet", uri, copy)
    return read(v2, str(copy), folder)


def read(v2: Client, root: str, folder: Path) -> Seen:
    """root: a folder, or ``s3://...``."""
    out = folder / "seen.npz"
    facts = v2.run(str(READ), root=root, out=str(out))
    with np.load(out) as arrays:
        return Seen(facts, dict(arrays))


def digits_of(clients: Clients, uri: str, step: int, batch: int) -> tuple[Array, Array]:
    """Returns the batch of a step as the script prepared it: images [N, 1, 28, 28] in 0..1, labels [N]."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with np.load(io.BytesIO(body)) as data:
        images, labels = data["images"], data["labels"]
    rows = np.random.RandomState(0).permutation(len(labels))[step * batch : (step + 1) * batch]
    return images[rows].reshape(-1, 1, 28, 28).astype(np.float32) / 255, labels[rows]


def convolved(images: Array, kernels: Array, biases: Array) -> Array:
    """images: [N, C, H, W]; kernels: [O, C, h, w]; biases: [O]. No padding, a stride of one: [N, O, ., .]."""
    windows = np.lib.stride_tricks.sliding_window_view(images, kernels.shape[2:], axis=(2, 3))
    summed: Array = np.einsum("nchwij,ocij->nohw", windows, kernels, optimize=True)
    return summed + biases[:, None, None]


def pooled(images: Array) -> Array:
    """Max-pooling by two: [N, C, H, W] to [N, C, H // 2, W // 2]."""
    count, channels, height, width = images.shape
    squares: Array = images.reshape(count, channels, height // 2, 2, width // 2, 2)
    largest: Array = squares.max(axis=(3, 5))
    return largest


def rectified(values: Array) -> Array:
    return np.maximum(values, 0)


def cross_entropy(scores: Array, labels: Array) -> Array:
    """Of each sample. scores: [N, classes]; labels: [N], whole numbers."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    losses: Array = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels.astype(int)]
    return losses


def assert_close(value: Array, right: Array) -> None:
    """Compares within the difference of two float32 implementations."""
    assert value.shape == right.shape
    np.testing.assert_allclose(value, right, rtol=1e-3, atol=1e-5)
