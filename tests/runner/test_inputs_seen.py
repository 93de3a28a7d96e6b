"""What a job finds at its inputs, listed from a real HTTP server that stands in for S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.host.standin import Standin

from clary.domain.content import NOTHING
from clary.domain.hosts import AgentCredentials, Endpoint, HostName
from clary.kinds.training_job.inputs import input_places
from clary.runner.inputs_seen import inputs_seen

HOST = HostName("training-job", "Digits", "algo-1")
JOB = {
    "HyperParameters": {"sagemaker_submit_directory": '"s3://bucket/source/sourcedir.tar.gz"'},
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/data/"}}},
        {"ChannelName": "other", "DataSource": {"FileSystemDataSource": {}}},
    ],
    "CheckpointConfig": {"S3Uri": "s3://bucket/checkpoints"},
}


@pytest.fixture
def standin() -> Iterator[Standin]:
    server = Standin().start()
    for key in ("data/a.csv", "data/b.csv", "source/sourcedir.tar.gz", "checkpoints-of-others/x"):
        server.put("bucket", key, key.encode())
    yield server
    server.stop()


def look(standin: Standin, job: dict[str, Any]) -> dict[str, str]:
    endpoint = Endpoint(standin.url, "us-east-1", "111122223333")
    return inputs_seen(dict(input_places(job)), HOST, AgentCredentials("AKIA", "secret", ""), endpoint)


def test_source_channels_and_checkpoint_are_listed_as_the_role(standin: Standin) -> None:
    seen = look(standin, JOB)

    assert seen.keys() == {"SageMaker.Source", "train", "SageMaker.Checkpoint"}
    assert seen["train"].endswith(", 2 objects")
    assert seen["SageMaker.Checkpoint"] == NOTHING
    assert {key for key, service in standin.signers if service == "s3"} == {"ASIA1"}


def test_a_place_that_is_none_costs_nothing_else(standin: Standin) -> None:
    assert look(standin, {"CheckpointConfig": {"S3Uri": "nowhere"}}) == {}


def test_a_job_without_inputs_asks_for_nothing(standin: Standin) -> None:
    assert look(standin, {"HyperParameters": {}}) == {}
    assert standin.calls == []
