"""The content of a job's inputs, in real stores."""

from __future__ import annotations

from typing import Any

import pytest
from tests.services.conftest import clock, ctx
from tests.services.test_hosts import HOST, allow, put
from tests.services.test_hosts import ctx as with_objects

from clary.domain.content import NOTHING
from clary.domain.hosts import HostName
from clary.kinds.training_job.inputs import input_places
from clary.runner.inputs_seen import inputs_seen
from clary.services import hosts
from clary.services.context import Context
from clary.services.hosts import locate_objects

JOB = {
    "HyperParameters": {"sagemaker_submit_directory": '"s3://data/source/sourcedir.tar.gz"'},
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://data/train/"}}},
        {"ChannelName": "other", "DataSource": {"FileSystemDataSource": {}}},
    ],
    "CheckpointConfig": {"S3Uri": "s3://data/checkpoints"},
}

__all__ = ["clock", "ctx", "with_objects"]  # fixtures


@pytest.fixture
def stored(with_objects: Context) -> Context:
    for key in ("train/a.csv", "train/b.csv", "source/sourcedir.tar.gz", "checkpoints-of-others/x"):
        put(with_objects, key, key.encode())
    return with_objects


def look(ctx: Context, job: dict[str, Any]) -> dict[str, str]:
    def locate(request: dict[str, Any]) -> dict[str, Any]:
        return locate_objects(ctx, {"Host": HOST, **request})

    return inputs_seen(dict(input_places(job)), HostName.parse(HOST), locate)


def test_source_channels_and_checkpoint_are_known_by_content(stored: Context) -> None:
    allow(stored, {"Action": "s3:*", "Resource": "*"})

    seen = look(stored, JOB)

    assert seen.keys() == {"SageMaker.Source", "train", "SageMaker.Checkpoint"}
    assert seen["train"].endswith(", 2 objects")
    assert seen["SageMaker.Source"].endswith(", 1 object")
    assert seen["SageMaker.Checkpoint"] == NOTHING


def test_pages_are_put_together(stored: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(stored, {"Action": "s3:*", "Resource": "*"})
    whole = look(stored, JOB)["train"]

    monkeypatch.setattr(hosts, "LOCATE_LIMIT", 1)

    assert look(stored, JOB)["train"] == whole


def test_what_the_role_may_not_read_is_left_out(stored: Context) -> None:
    listing = {"Action": "s3:ListBucket", "Resource": "*"}
    allow(stored, listing, {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/source/*"})

    assert look(stored, JOB).keys() == {"SageMaker.Source", "SageMaker.Checkpoint"}


def test_a_place_that_is_none_costs_nothing_else(stored: Context) -> None:
    assert look(stored, {"CheckpointConfig": {"S3Uri": "nowhere"}}) == {}
