"""A server whose records are in PostgreSQL, which goes away while a job trains, as the server does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from tests.journeys.conftest import execution_role
from tests.journeys.jobs import Jobs
from tests.journeys.server import Server, wait_for
from tests.postgres import PostgresServer

pytestmark = pytest.mark.kill

LINES = 40


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    server = PostgresServer.or_skip()
    yield server
    server.close()


@pytest.fixture
def served(database: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"CLARY_DATABASE": database.empty()}
    server = Server(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user"), settings)
    server.start()
    yield server
    server.stop()


def test_a_job_trains_though_its_database_and_its_server_go_away(
    served: Server, database: PostgresServer
) -> None:
    clients = served.session()
    clients("s3").create_bucket(Bucket="journeys")
    jobs = Jobs(clients, "journeys", execution_role(served))
    name = jobs.create(
        "counting.py",
        hyperparameters={"seconds": 5, "lines": LINES},
        metrics={"loss": "loss=([0-9.]+)"},
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    wait_for(lambda: jobs.log(name), "the script to have begun")

    database.stop()
    # Longer than the server waits for it: the agent keeps its lines meanwhile.
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        jobs.describe(name)
    database.start()
    served.kill()
    served.start()
    job = jobs.wait(name)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert jobs.log(name) == [f"line {number} loss={1 / (number + 1):.4f}" for number in range(LINES)]
    assert [round(metric["Value"], 4) for metric in job["FinalMetricDataList"]] == [1 / LINES]
    found = clients("sagemaker").search(
        Resource="TrainingJob",
        SearchExpression={"Filters": [{"Name": "Tags.team", "Operator": "Equals", "Value": "blue"}]},
    )
    assert [each["TrainingJob"]["TrainingJobName"] for each in found["Results"]] == [name]
    assert not (served.home / "clary.db").exists()
