"""The MNIST tensor tutorial: every tensor at three steps of an unmodified Gluon script."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.journeys.clients import Client
from tests.journeys.debugged import (
    Seen,
    assert_close,
    convolved,
    cross_entropy,
    digits_of,
    pooled,
    read,
    read_copy,
    rectified,
)
from tests.journeys.server import Clients

BATCH = 20
LEARNING_RATE = 0.1


@pytest.fixture(scope="module")
def trained(v2: Client) -> dict[str, Any]:
    """What the client saw of the job; the image's environment may have to be built first."""
    seen: dict[str, Any] = v2.run("debugger_mxnet.py", timeout_s=900.0)
    return seen


@pytest.fixture(scope="module")
def seen(v2: Client, trained: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return read_copy(v2, trained["tensors"], tmp_path_factory.mktemp("copy"))


def test_the_sdk_knows_where_the_tensors_are(trained: dict[str, Any]) -> None:
    assert trained["status"] == "Completed"
    assert "mxnet-training:1.6.0-cpu-py3" in trained["image"]
    assert trained["tensors"].endswith(f"/tensors/{trained['name']}/debug-output")


def test_the_log_is_the_scripts_own(trained: dict[str, Any]) -> None:
    assert "step 4 loss" in trained["heard"]
    assert "Debugger" not in trained["heard"]  # nothing was lost, so nothing is reported


def test_the_steps_asked_for_are_there_and_the_trial_has_ended(seen: Seen) -> None:
    # With step 0, as from smdebug: save_steps adds to save_interval, which is 500.
    assert seen.steps() == seen.steps("TRAIN") == [0, 1, 2, 3]
    assert seen.facts["workers"] == ["worker_0"]
    assert seen.facts["ended"]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("hybridsequential0_input_0", (BATCH, 1, 28, 28)),
        ("conv0_relu_output_0", (BATCH, 6, 24, 24)),
        ("conv1_relu_output_0", (BATCH, 8, 10, 10)),
        ("dense0_relu_output_0", (BATCH, 32)),
        ("hybridsequential0_output_0", (BATCH, 10)),
        ("softmaxcrossentropyloss0_output_0", (BATCH,)),
        ("conv0_weight", (6, 1, 5, 5)),
        ("gradient/dense1_weight", (10, 32)),
    ],
)
def test_every_tensor_has_its_name_and_its_shape(seen: Seen, name: str, shape: tuple[int, ...]) -> None:
    assert [seen.value(name, step).shape for step in (1, 2, 3)] == [shape] * 3


@pytest.mark.parametrize("step", [1, 2, 3])
def test_the_input_is_the_digits_that_were_trained_on(
    seen: Seen, trained: dict[str, Any], clients: Clients, step: int
) -> None:
    images, labels = digits_of(clients, trained["train"], step, BATCH)

    np.testing.assert_array_equal(seen.value("hybridsequential0_input_0", step), images)
    np.testing.assert_array_equal(seen.value("softmaxcrossentropyloss0_input_1", step), labels)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_outputs_are_those_of_a_forward_pass_with_the_captured_weights(seen: Seen, step: int) -> None:
    # Gluon's parameters are saved as the trainer left them: a step is computed with those of the one before.
    weights = {name: seen.value(name, step - 1) for name in seen.names if name.endswith(("weight", "bias"))}

    values = seen.value("hybridsequential0_input_0", step)
    for layer in ("conv0", "conv1"):
        values = rectified(convolved(values, weights[f"{layer}_weight"], weights[f"{layer}_bias"]))
        assert_close(seen.value(f"{layer}_relu_output_0", step), values)
        values = pooled(values)
    values = rectified(values.reshape(BATCH, -1) @ weights["dense0_weight"].T + weights["dense0_bias"])
    assert_close(seen.value("dense0_relu_output_0", step), values)
    values = values @ weights["dense1_weight"].T + weights["dense1_bias"]
    assert_close(seen.value("hybridsequential0_output_0", step), values)

    losses = cross_entropy(values, seen.value("softmaxcrossentropyloss0_input_1", step))
    assert_close(seen.value("softmaxcrossentropyloss0_output_0", step), losses)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_gradients_are_what_moved_the_weights(seen: Seen, step: int) -> None:
    for name in ("conv0_weight", "conv1_bias", "dense0_weight", "dense1_bias"):
        moved = seen.value(name, step - 1) - LEARNING_RATE / BATCH * seen.value(f"gradient/{name}", step)
        assert_close(seen.value(name, step), moved)


def test_smdebug_reads_them_from_s3_too(
    seen: Seen, v2: Client, trained: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    from_s3 = read(v2, trained["tensors"], tmp_path_factory.mktemp("s3"))

    assert from_s3.facts == seen.facts
    assert set(from_s3.arrays) == set(seen.arrays)
    for key, value in seen.arrays.items():
        np.testing.assert_array_equal(from_s3.arrays[key], value)
