"""XGBoost through the sagemaker SDK: the built-in algorithm, and script mode."""

from __future__ import annotations

import pytest
from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs


@pytest.mark.parametrize("kind", ["csv", "libsvm"])
def test_the_built_in_algorithm_trains_without_a_script(v2: Client, jobs: Jobs, kind: str) -> None:
    trained = v2.run("xgboost_builtin.py", timeout_s=900.0, kind=kind)
    predicting = jobs.run(
        "xgboost_predicting.py",
        image=trained["image"],
        inputs={"model": trained["model"], "validation": trained["validation"]},
    )

    assert trained["status"] == "Completed"
    assert "validation-merror:" in trained["heard"]
    assert trained["files"] == ["xgboost-model"]
    assert jobs.printed(predicting["TrainingJobName"])["error"] < 0.2


def test_script_mode_trains_with_the_users_script(v2: Client) -> None:
    trained = v2.run("xgboost_script.py", timeout_s=900.0)

    assert trained["status"] == "Completed"
    assert trained["metrics"]["test:error"] < 0.2
    assert trained["files"] == ["model.json"]
