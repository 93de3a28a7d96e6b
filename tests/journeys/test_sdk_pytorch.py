"""The sagemaker SDK's PyTorch estimator: real digits, two hosts, and the parts of a source folder."""

from __future__ import annotations

from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs

FIRST_BUILD_S = 900.0


@pytest.fixture(scope="module")
def trained(v2: Client) -> dict[str, Any]:
    """What the client saw of one fit; the image's environment may have to be built first."""
    seen: dict[str, Any] = v2.run("pytorch_digits.py", timeout_s=FIRST_BUILD_S)
    return seen


def test_the_role_and_the_bucket_are_those_of_a_notebook(trained: dict[str, Any]) -> None:
    assert trained["role"].endswith(":role/ClaryExecutionRole")
    assert trained["bucket"] == "sagemaker-us-east-1-111122223333"


def test_fit_completes_and_streams_the_scripts_lines(trained: dict[str, Any]) -> None:
    assert trained["status"] == "Completed"
    assert "epoch 0 loss" in trained["heard"]
    assert "epoch 1 loss" in trained["heard"]
    assert "Training job completed" in trained["heard"] or "Completed" in trained["heard"]


def test_the_network_has_learned_and_its_accuracy_is_a_metric(trained: dict[str, Any]) -> None:
    assert trained["metrics"]["test:accuracy"] > 0.85


def test_the_model_downloads_and_predicts(trained: dict[str, Any], jobs: Jobs) -> None:
    predicting = jobs.run(
        "torch_predicting.py",
        image=trained["image"],
        inputs={"model": trained["model_data"], "training": trained["training"]},
    )

    assert trained["files"] == ["model.pt"]
    assert jobs.printed(predicting["TrainingJobName"])["accuracy"] > 0.85


@pytest.fixture(scope="module")
def on_two_hosts(v2: Client) -> dict[str, Any]:
    seen: dict[str, Any] = v2.run("pytorch_two_hosts.py", timeout_s=FIRST_BUILD_S)
    return seen


@pytest.mark.parametrize("launched", ["by_hand", "by_torchrun"])
def test_two_hosts_agree_on_their_loss(on_two_hosts: dict[str, Any], jobs: Jobs, launched: str) -> None:
    name = on_two_hosts[launched]["name"]

    first, second = (jobs.printed(name, host) for host in ("algo-1", "algo-2"))
    assert first["losses"] == second["losses"]
    assert first["losses"][-1] < first["losses"][0]
    assert (first["rank"], second["rank"]) == (0, 1)
    assert first["world"] == second["world"] == 2


def test_requirements_and_dependencies_are_importable(v2: Client, jobs: Jobs) -> None:
    name = v2.run("pytorch_source_folder.py", timeout_s=FIRST_BUILD_S)["name"]

    assert jobs.printed(name) == {
        "wheel": "from the wheel",
        "library": "from the dependency",
        "helper": "beside it",
    }
