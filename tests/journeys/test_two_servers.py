"""Two servers on one database: each job runs once, whichever server is killed, and at whatever moment."""

from __future__ import annotations

import os
import random
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError
from tests.journeys.conftest import execution_role
from tests.journeys.jobs import Jobs, unique_name
from tests.journeys.server import Server
from tests.postgres import PostgresServer

pytestmark = pytest.mark.kill

KILLS = int(os.environ.get("CLARY_TEST_KILLS", "5"))
"""By hand: ``CLARY_TEST_KILLS=20 pytest tests/journeys/test_two_servers.py``."""
JOBS = 14 + 2 * KILLS
LINES = 3


@dataclass
class Pair:
    servers: list[Server]
    jobs: list[Jobs]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """They are given one database and one secret; keys and content of objects they share by themselves."""
    database = PostgresServer.or_skip()
    settings = {"CLARY_DATABASE": database.empty(), "CLARY_SECRET": secrets.token_hex(16)}
    user = tmp_path_factory.mktemp("user")
    servers = [Server(tmp_path_factory.mktemp(name), user, settings) for name in ("one", "two")]
    for server in servers:
        server.start()
    clients = [server.session(root=True) for server in servers]
    clients[0]("s3").create_bucket(Bucket="journeys")
    yield Pair(servers, [Jobs(each, "journeys", execution_role(servers[0])) for each in clients])
    for server in servers:
        server.stop()
    database.close()


def test_each_job_runs_once_though_servers_are_killed(pair: Pair) -> None:
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    acknowledged: list[str] = []
    done = threading.Event()

    requests = [
        pair.jobs[number % 2].request(
            "counting.py", hyperparameters={"lines": LINES}, name=unique_name(f"job-{number}")
        )
        for number in range(JOBS)
    ]

    def submit() -> None:
        """Asks one server after another, until one says yes."""
        for number, request in enumerate(requests):
            for attempt in range(200):
                sagemaker = pair.jobs[(number + attempt) % 2].clients("sagemaker")
                try:
                    sagemaker.create_training_job(**request)
                except sagemaker.exceptions.ResourceInUse:
                    # An earlier attempt was committed, and its answer was lost.
                    pass
                except (ClientError, EndpointConnectionError, HTTPClientError):
                    time.sleep(0.05)
                    continue
                acknowledged.append(request["TrainingJobName"])
                break
        done.set()

    submitting = threading.Thread(target=submit)
    submitting.start()
    for _ in range(KILLS):
        time.sleep(moments.uniform(0.0, 1.5))
        server = moments.choice(pair.servers)
        server.kill()
        server.start()
    submitting.join(60 + 6 * KILLS)

    assert done.is_set()
    assert len(acknowledged) == JOBS, f"seed {seed}"
    ended = {name: pair.jobs[0].wait(name, timeout_s=120) for name in acknowledged}
    by_server = {name: pair.jobs[1].describe(name)["TrainingJobStatus"] for name in acknowledged}
    for name, job in ended.items():
        assert job["TrainingJobStatus"] == "Completed", f"seed {seed}: {name}: {job.get('FailureReason')}"
        # A second run would have lines of its own.
        assert len(pair.jobs[1].log(name)) == LINES, f"seed {seed}: {name}"
    assert set(by_server.values()) == {"Completed"}


def test_what_one_server_writes_the_other_reads(pair: Pair) -> None:
    one, two = pair.jobs
    content = b"x" * 100_000
    one.upload("large", content)
    name = two.create("counting.py", hyperparameters={"lines": 400, "seconds": 60})
    one.wait(name, until=("Training",))

    assert two.clients("s3").get_object(Bucket="journeys", Key="large")["Body"].read() == content
    one.clients("sagemaker").stop_training_job(TrainingJobName=name)
    assert two.wait(name, timeout_s=30)["TrainingJobStatus"] == "Stopped"
