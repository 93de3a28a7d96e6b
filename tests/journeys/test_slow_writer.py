"""A connection that locks the database for long delays no reads."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import urllib.request
from collections.abc import Iterator

from tests.journeys.jobs import Jobs
from tests.journeys.server import Server, wait_for

HELD_S = 10.0


@contextlib.contextmanager
def held(server: Server) -> Iterator[None]:
    """Holds a write transaction in another connection, as an operator's sqlite3 might."""
    connection = sqlite3.connect(server.home / "clary.db", isolation_level=None, timeout=60)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def test_health_and_describe_answer_while_another_connection_writes(own: Server, own_jobs: Jobs) -> None:
    sagemaker = own.session()("sagemaker")
    name = own_jobs.create("ending.py", hyperparameters={"how": "late"})
    wait_for(lambda: own_jobs.log(name), "the script to have begun")
    answered = 0

    with held(own):
        until = time.monotonic() + HELD_S
        # Its runner and its agent write all the time.
        while time.monotonic() < until:
            with urllib.request.urlopen(f"{own.url}/_clary/health", timeout=HELD_S) as response:
                assert response.status == 200
            assert sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
            answered += 1
            time.sleep(0.1)

    # A read that waited for the writer would have answered once.
    assert answered > 10
    sagemaker.stop_training_job(TrainingJobName=name)
    assert own_jobs.wait(name)["TrainingJobStatus"] == "Stopped"
