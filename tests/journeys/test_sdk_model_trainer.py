"""The sagemaker SDK v3."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.clients import Client
from tests.journeys.debugged import read_copy
from tests.journeys.jobs import Jobs


def test_a_model_trainer_trains_a_source_folder(v3: Client, jobs: Jobs) -> None:
    trained = v3.run("model_trainer.py", timeout_s=900.0)

    assert trained["status"] == "Completed"
    assert jobs.printed(trained["name"]) == {"learning_rate": 0.5, "numbers": [1, 2, 3]}
    assert jobs.download(trained["model"]) == {"sum.txt": b"6"}


def test_the_users_page_runs_as_it_is_written(v3: Client, jobs: Jobs, v2: Client, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/user/sdk-v3.md").read_text()

    seen = v3.run("run_blocks.py", timeout_s=900.0, page=page)

    for name in (seen["trained"], seen["watched"]):
        assert jobs.describe(name)["TrainingJobStatus"] == "Completed"
    # Of both jobs the lines of the log are on the screen.
    assert seen["said"].count("epoch 19 loss=") == 2
    trial = read_copy(v2, f"s3://{seen['bucket']}/tensors/{seen['watched']}/debug-output", tmp_path)
    assert trial.steps() == [0, 5, 10, 15]
    assert "Linear_weight" in trial.names
