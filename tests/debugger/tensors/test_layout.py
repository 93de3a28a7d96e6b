"""Names of files, there and back."""

from __future__ import annotations

import pytest

from clary.debugger.tensors.layout import (
    collections_path,
    event_path,
    index_path,
    parse_collections_file,
    parse_step_file,
)

WORKERS = ["worker_0", "worker_12", "/job:worker/replica:0/task:1/device:GPU:0"]


def test_a_step_is_padded_and_sorted_into_folders_of_a_thousand() -> None:
    assert event_path(5, "worker_0") == "events/000000000005/000000000005_worker_0.tfevents"
    assert index_path(1234, "worker_0") == "index/000000001/000000001234_worker_0.json"
    assert collections_path("worker_0") == "collections/000000000/worker_0_collections.json"


def test_a_device_of_tensorflow_keeps_a_double_underscore() -> None:
    name = "events/000000000007/000000000007__job-worker_replica-0_task-1_device-GPU-0.tfevents"

    assert event_path(7, WORKERS[2]) == name


@pytest.mark.parametrize("worker", WORKERS)
def test_step_and_worker_are_read_back(worker: str) -> None:
    assert parse_step_file(event_path(31, worker)) == (31, worker)
    assert parse_step_file("s3://b/p/" + index_path(31, worker)) == (31, worker)
    assert parse_collections_file(collections_path(worker)) == worker


@pytest.mark.parametrize(
    "name", ["000000000005_worker_0.json.tmp", "worker_0.json", "claim.smd", "index/x", "1_.json"]
)
def test_other_names_are_no_step(name: str) -> None:
    assert parse_step_file(name) is None
