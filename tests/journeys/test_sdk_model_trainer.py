"""The sagemaker SDK v3."""

from __future__ import annotations

from tests.journeys.clients import Client
from tests.journeys.jobs import Jobs


def test_a_model_trainer_trains_a_source_folder(v3: Client, jobs: Jobs) -> None:
    trained = v3.run("model_trainer.py", timeout_s=900.0)

    assert trained["status"] == "Completed"
    assert jobs.printed(trained["name"]) == {"learning_rate": 0.5, "numbers": [1, 2, 3]}
    assert jobs.download(trained["model"]) == {"sum.txt": b"6"}
