"""Every tensor of a Keras training that fit runs as a graph, started by the TensorFlow estimator."""

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
    read_copy,
    rectified,
)
from tests.journeys.server import Clients

BATCH = 20
LEARNING_RATE = 0.1


@pytest.fixture(scope="module")
def trained(v2: Client) -> dict[str, Any]:
    """What the client saw of the job. The image's environment is large: minutes where it has to be built."""
    seen: dict[str, Any] = v2.run("debugger_tensorflow.py", timeout_s=1800.0)
    return seen


@pytest.fixture(scope="module")
def seen(v2: Client, trained: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return read_copy(v2, trained["tensors"], tmp_path_factory.mktemp("copy"))


def test_the_trial_is_where_the_sdk_says_and_has_ended(trained: dict[str, Any], seen: Seen) -> None:
    assert trained["status"] == "Completed"
    assert "tensorflow-training:2.19-cpu-py312" in trained["image"]
    assert trained["tensors"].endswith(f"/tensors/{trained['name']}/debug-output")
    assert seen.steps() == seen.steps("TRAIN") == [0, 1, 2, 3]
    assert seen.facts["ended"]


def test_parameters_gradients_and_layers_are_there_by_their_names(seen: Seen) -> None:
    parameters = [(layer, kind) for layer in ("conv", "dense") for kind in ("kernel", "bias")]

    assert {name for name in seen.names if not name.startswith("optimizer/")} == {
        *(f"weights/{layer}/{kind}:0" for layer, kind in parameters),
        *(f"gradients/{layer}/{kind}Grad" for layer, kind in parameters),
        *(f"{layer}/{side}" for layer in ("conv", "pool", "flat", "dense") for side in ("inputs", "outputs")),
        "model_input",
        "labels",
        "predictions",
        "loss",
        "accuracy",
    }


@pytest.mark.parametrize("step", [1, 2, 3])
def test_outputs_are_those_of_a_forward_pass_with_the_captured_weights(
    seen: Seen, trained: dict[str, Any], clients: Clients, step: int
) -> None:
    images, labels = digits_of(clients, trained["train"], step, BATCH)
    # Keras has applied the gradients when a step of fit is over: the weights of the one before were used.
    weights = {
        name: seen.value(f"weights/{name}:0", step - 1)
        for name in ("conv/kernel", "conv/bias", "dense/kernel", "dense/bias")
    }

    np.testing.assert_array_equal(seen.value("model_input", step), images.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(seen.value("labels", step).reshape(-1), labels)
    kernels = weights["conv/kernel"].transpose(3, 2, 0, 1)
    values = rectified(convolved(images, kernels, weights["conv/bias"]))
    assert_close(seen.value("conv/outputs", step), values.transpose(0, 2, 3, 1))
    flat = pooled(values).transpose(0, 2, 3, 1).reshape(BATCH, -1)
    scores = flat @ weights["dense/kernel"] + weights["dense/bias"]
    assert_close(seen.value("predictions", step), scores)
    assert seen.value("accuracy", step).shape == seen.value("loss", step).shape == (1,)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_gradients_are_what_moved_the_weights(seen: Seen, step: int) -> None:
    for name in ("conv/kernel", "conv/bias", "dense/kernel", "dense/bias"):
        weight, gradient = (
            seen.value(f"weights/{name}:0", step - 1),
            seen.value(f"gradients/{name}Grad", step),
        )
        assert_close(seen.value(f"weights/{name}:0", step), weight - LEARNING_RATE * gradient)


def test_the_loss_is_the_mean_of_the_steps_so_far(seen: Seen) -> None:
    losses = [
        cross_entropy(seen.value("predictions", step), seen.value("labels", step).reshape(-1)).mean()
        for step in range(4)
    ]

    assert_close(seen.value("loss", 3), np.array([np.mean(losses)], np.float32))
