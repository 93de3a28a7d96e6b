"""kill -9 between a job's changes and their tracking: nothing of it is missing afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.journeys.conftest import execution_role
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server, wait_for

pytestmark = pytest.mark.kill

KILLS = 6


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that nobody else uses."""
    server = Server(tmp_path_factory.mktemp("killed"), tmp_path_factory.mktemp("user"))
    server.start()
    yield server
    server.stop()


def test_every_job_is_tracked_to_its_end_though_the_server_is_killed(own: Server) -> None:
    clients = own.session(root=True)
    sagemaker = clients("sagemaker")
    clients("s3").create_bucket(Bucket="killed")
    jobs = Jobs(clients, "killed", execution_role(own))
    sagemaker.create_experiment(ExperimentName="killed")
    names = []
    for _ in range(KILLS):
        names.append(
            jobs.create(
                "shading.py",
                hyperparameters={"shade": "blue", "depth": 1},
                ExperimentConfig={"ExperimentName": "killed"},
            )
        )
        # At once: the job is acknowledged, its component is made or is not.
        own.kill()
        own.start()
    for name in names:
        assert jobs.wait(name)["TrainingJobStatus"] == "Completed"

    def statuses() -> dict[str, str]:
        pages = sagemaker.get_paginator("list_trial_components").paginate(ExperimentName="killed")
        return {
            found["TrialComponentName"]: found["Status"]["PrimaryStatus"]
            for page in pages
            for found in page["TrialComponentSummaries"]
        }

    wanted = {f"{name}-aws-training-job": "Completed" for name in names}
    wait_for(lambda: statuses() == wanted, "every component to be completed", timeout_s=20)
    assert len(sagemaker.list_trials(ExperimentName="killed")["TrialSummaries"]) == 1
    models = sagemaker.list_artifacts(ArtifactType="Model", MaxResults=100)["ArtifactSummaries"]
    assert len(models) == KILLS
