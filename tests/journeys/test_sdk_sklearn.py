"""The sagemaker SDK's SKLearn estimator, on real digits."""

from __future__ import annotations

from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs


def test_a_classifier_is_trained_and_predicts(v2: Client, jobs: Jobs) -> None:
    trained = v2.run("sklearn_digits.py", timeout_s=900.0)
    predicting = jobs.run(
        "sklearn_predicting.py",
        image=trained["image"],
        inputs={"model": trained["model"], "train": trained["train"]},
    )

    assert trained["status"] == "Completed"
    assert "accuracy=" in trained["heard"]
    assert trained["metrics"]["accuracy"] > 0.8
    assert trained["files"] == ["model.joblib"]
    assert jobs.printed(predicting["TrainingJobName"])["accuracy"] > 0.8
