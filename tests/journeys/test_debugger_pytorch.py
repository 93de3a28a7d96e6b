"""Every tensor of an unmodified PyTorch training, and a training without a debugger."""

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
from tests.journeys.jobs import Jobs
from tests.journeys.server import Clients

BATCH = 20
LEARNING_RATE = 0.1
PARAMETERS = ("conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")


@pytest.fixture(scope="module")
def trained(v2: Client) -> dict[str, Any]:
    """What the client saw of its jobs; the image's environment may have to be built first."""
    seen: dict[str, Any] = v2.run("debugger_pytorch.py", timeout_s=900.0)
    return seen


@pytest.fixture(scope="module")
def seen(v2: Client, trained: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return read_copy(v2, trained["tensors"], tmp_path_factory.mktemp("copy"))


def test_the_trial_is_where_the_sdk_says_and_has_ended(trained: dict[str, Any], seen: Seen) -> None:
    assert trained["status"] == "Completed"
    assert trained["tensors"].endswith(f"/tensors/{trained['name']}/debug-output")
    assert seen.steps() == seen.steps("TRAIN") == [0, 1, 2, 3]
    assert seen.facts["workers"] == ["worker_0"]
    assert seen.facts["ended"]


def test_the_log_is_the_scripts_own(trained: dict[str, Any], jobs: Jobs) -> None:
    lines = jobs.log(trained["name"])

    assert [line.split(" loss")[0] for line in lines] == [f"step {step}" for step in range(5)]


def test_the_last_loss_is_the_metric_of_the_job(trained: dict[str, Any], jobs: Jobs) -> None:
    # Losses are saved every 500 steps: of these five, the first.
    last = float(jobs.log(trained["name"])[-1].rpartition(" ")[2])

    assert trained["metrics"] == {"CrossEntropyLoss_output_0_TRAIN": pytest.approx(last, abs=1e-4)}


def test_parameters_gradients_and_layers_are_there_by_their_names(seen: Seen) -> None:
    layers = ("LeNet", "conv1", "relu1", "pool", "fc1", "relu2", "fc2")

    assert seen.names == {
        *(f"LeNet_{name}" for name in PARAMETERS),
        *(f"gradient/LeNet_{name}" for name in PARAMETERS),
        *(f"{layer}_{side}_0" for layer in layers for side in ("input", "output")),
        "CrossEntropyLoss_input_0",
        "CrossEntropyLoss_input_1",
        "CrossEntropyLoss_output_0",
    }
    assert set(seen.facts["collections"]["gradients"]) == {f"gradient/LeNet_{name}" for name in PARAMETERS}


@pytest.mark.parametrize("step", [1, 2, 3])
def test_outputs_are_those_of_a_forward_pass_with_the_captured_weights(
    seen: Seen, trained: dict[str, Any], clients: Clients, step: int
) -> None:
    images, labels = digits_of(clients, trained["train"], step, BATCH)
    weights = {name: seen.value(f"LeNet_{name}", step) for name in PARAMETERS}

    np.testing.assert_array_equal(seen.value("LeNet_input_0", step), images)
    values = rectified(convolved(images, weights["conv1.weight"], weights["conv1.bias"]))
    assert_close(seen.value("relu1_output_0", step), values)
    values = rectified(pooled(values).reshape(BATCH, -1) @ weights["fc1.weight"].T + weights["fc1.bias"])
    assert_close(seen.value("relu2_output_0", step), values)
    values = values @ weights["fc2.weight"].T + weights["fc2.bias"]
    assert_close(seen.value("LeNet_output_0", step), values)
    loss = np.asarray(cross_entropy(values, labels).mean())
    assert_close(seen.value("CrossEntropyLoss_output_0", step), loss)


@pytest.mark.parametrize("step", [1, 2])
def test_gradients_are_what_moved_the_weights(seen: Seen, step: int) -> None:
    for name in PARAMETERS:
        weight, gradient = seen.value(f"LeNet_{name}", step), seen.value(f"gradient/LeNet_{name}", step)
        assert_close(seen.value(f"LeNet_{name}", step + 1), weight - LEARNING_RATE * gradient)


def test_switched_off_nothing_of_the_debugger_is_loaded(trained: dict[str, Any], jobs: Jobs) -> None:
    job = jobs.wait(trained["off"])

    assert job["TrainingJobStatus"] == "Completed"
    assert "DebugHookConfig" not in job
    assert jobs.printed(trained["off"]) == {
        "modules": [],
        "finders": [],
        "call": "torch.nn.modules.module",
        "config": False,
        "tensors": [],
    }


def test_switched_off_nothing_is_saved(trained: dict[str, Any], jobs: Jobs, clients: Clients) -> None:
    jobs.wait(trained["off"])

    bucket = trained["tensors"].removeprefix("s3://").partition("/")[0]
    pages = clients("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [
        item["Key"] for page in pages for item in page.get("Contents", []) if trained["off"] in item["Key"]
    ]
    assert keys
    assert not [key for key in keys if "debug-output" in key]
