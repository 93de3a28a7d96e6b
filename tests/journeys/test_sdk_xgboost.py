"""XGBoost through the sagemaker SDK: the built-in algorithm, and script mode."""

from __future__ import annotations

from typing import Any

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs


@pytest.fixture(scope="module")
def trained(v2: Client) -> dict[str, Any]:
    """What the client saw of three fits."""
    seen: dict[str, Any] = v2.run("xgboost_digits.py", timeout_s=900.0)
    return seen


@pytest.mark.parametrize("kind", ["csv", "libsvm"])
def test_the_built_in_algorithm_trains_without_a_script(
    trained: dict[str, Any], jobs: Jobs, kind: str
) -> None:
    job = trained[kind]
    channels = jobs.describe(job["name"])["InputDataConfig"]
    validation = next(each for each in channels if each["ChannelName"] == "validation")
    predicting = jobs.run(
        "xgboost_predicting.py",
        image=job["image"],
        inputs={"model": job["model"], "validation": validation["DataSource"]["S3DataSource"]["S3Uri"]},
    )

    assert job["status"] == "Completed"
    assert "validation-merror:" in job["heard"]
    assert {"train:merror", "validation:merror"} <= job["metrics"].keys()
    assert job["metrics"]["train:merror"] <= job["metrics"]["validation:merror"] < 0.2
    assert job["files"] == ["xgboost-model"]
    assert jobs.printed(predicting["TrainingJobName"])["error"] < 0.2


def test_script_mode_trains_with_the_users_script(trained: dict[str, Any]) -> None:
    assert trained["script"]["status"] == "Completed"
    assert trained["script"]["metrics"]["test:error"] < 0.2
    assert trained["script"]["files"] == ["model.json"]
