"""Files for TensorBoard."""

from __future__ import annotations

import os
import socket
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clary.debugger.tensors import Mode
from clary.debugger.tensors.crc32c import masked_crc32c
from clary.debugger.tensors.histogram import histogram
from clary.debugger.tensors.protobuf import fields
from clary.debugger.tensors.tensorboard import histogram_of, scalar, write_summaries


def test_a_file_has_true_checksums_and_the_global_step(tmp_path: Path) -> None:
    path = write_summaries(str(tmp_path), 12, Mode.EVAL, [scalar("loss:0", 0.5)])

    expected = tmp_path / "EVAL" / f"000000000012_{os.getpid()}_{socket.gethostname()}.tfevents"
    assert path == str(expected)
    data = expected.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    payload = data[12:-4]
    assert length == len(payload)
    assert struct.unpack("<I", data[-4:])[0] == masked_crc32c(payload)
    event = dict(fields(memoryview(payload)))
    assert event[2] == 12
    summary = dict(fields(memoryview(event[5])))  # type: ignore[arg-type]
    value = dict(fields(memoryview(summary[1])))  # type: ignore[arg-type]
    assert bytes(value[1]) == b"loss_0"  # type: ignore[arg-type]
    assert struct.unpack("<f", value[2]) == (0.5,)  # type: ignore[arg-type]


def test_a_step_without_values_writes_no_file(tmp_path: Path) -> None:
    assert write_summaries(str(tmp_path), 1, Mode.TRAIN, []) is None
    assert list(tmp_path.iterdir()) == []


def test_a_histogram_counts_every_finite_value_in_the_right_bucket() -> None:
    values = np.random.default_rng(0).normal(size=1000).astype("f4")
    found = histogram(np.append(values, [np.nan, np.inf]))

    assert found is not None
    assert found.number == found.counts.sum() == 1000
    edges = np.concatenate([[-np.inf], found.limits])
    expected = [((values > low) & (values <= high)).sum() for low, high in pairwise(edges)]
    np.testing.assert_array_equal(found.counts, expected)
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    assert found.total_of_squares == pytest.approx((values.astype("f8") ** 2).sum())


@pytest.mark.parametrize("value", [0.0, 1e30, -1e30, 1e-300])
def test_a_single_value_has_its_bucket(value: float) -> None:
    found = histogram(np.array(value))

    assert found is not None
    assert found.counts.tolist() in ([1], [0, 1])


def test_without_a_finite_number_there_is_no_histogram() -> None:
    assert histogram_of("weights", "w", np.array([np.nan])) is None
