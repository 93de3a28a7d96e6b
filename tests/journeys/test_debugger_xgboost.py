"""Every collection of boosted trees, from a script and from the built-in algorithm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.journeys.clients import Client
from tests.journeys.debugged import Seen, read_copy
from tests.journeys.server import Clients

FEATURES = [f"f{number}" for number in range(10)]
STEPS = [0, 2, 4]


@pytest.fixture(scope="module")
def trained(v2: Client) -> dict[str, Any]:
    """What the client saw of both jobs; their images' environments may have to be built first."""
    seen: dict[str, Any] = v2.run("debugger_xgboost.py", timeout_s=900.0)
    return seen


@pytest.fixture(scope="module", params=["script", "built_in"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seen(kind: str, v2: Client, trained: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return read_copy(v2, trained[kind]["tensors"], tmp_path_factory.mktemp("copy"))


def test_the_trial_is_where_the_sdk_says_and_has_ended(
    kind: str, trained: dict[str, Any], seen: Seen
) -> None:
    assert trained[kind]["status"] == "Completed"
    assert trained[kind]["tensors"].endswith(f"/tensors/{trained[kind]['name']}/debug-output")
    assert seen.steps() == STEPS
    assert seen.facts["workers"] == ["worker_0"]
    assert seen.facts["ended"]


def test_every_collection_has_its_tensors(seen: Seen) -> None:
    assert {
        "train-rmse", "validation-rmse", "predictions", "labels", "trees/Tree", "trees/Gain", "full_shap/f0",
        "hyperparameters/objective", "hyperparameters/max_depth",
        *(f"average_shap/{feature}" for feature in FEATURES),
    } <= seen.names  # fmt: skip
    assert [name for name in seen.names if name.startswith("feature_importance/gain/")]


@pytest.mark.parametrize("step", STEPS)
def test_the_metric_is_that_of_the_predictions_and_labels(seen: Seen, step: int) -> None:
    errors = seen.value("predictions", step).reshape(-1) - seen.value("labels", step).reshape(-1)

    assert errors.shape == (92,)
    assert seen.value("validation-rmse", step).item() == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-4)


@pytest.mark.parametrize("step", STEPS)
def test_shap_values_add_up_to_what_was_predicted(
    seen: Seen, trained: dict[str, Any], clients: Clients, step: int
) -> None:
    bucket, _, key = trained["train"].removeprefix("s3://").partition("/")
    table = clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    progress = np.array([float(row.split(",")[0]) for row in table.split()])

    contributions = seen.value("full_shap/f0", step)  # [samples, features and bias], of the training's data

    errors = contributions.sum(axis=1) - progress
    assert seen.value("train-rmse", step).item() == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-4)
    for at, feature in enumerate(FEATURES):
        mean = contributions[:, at].mean()
        assert seen.value(f"average_shap/{feature}", step).item() == pytest.approx(mean, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("step", STEPS)
def test_importances_are_shares(seen: Seen, step: int) -> None:
    shares = [
        seen.arrays[key].item() for key in seen.arrays
        if key.startswith("value|feature_importance/gain/") and key.endswith(f"|{step}|worker_0")
    ]  # fmt: skip

    assert sum(shares) == pytest.approx(1.0)


@pytest.mark.parametrize("step", STEPS)
def test_the_tree_of_a_round_is_there(seen: Seen, step: int) -> None:
    assert set(seen.value("trees/Tree", step).tolist()) == {step}
    assert seen.value("trees/Node", step).tolist() == list(range(len(seen.value("trees/Node", step))))
