"""Marks the saved files of a job as complete, on a real HTTP server that stands in for S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.host.standin import Standin

from clary.domain.hosts import AgentCredentials, Endpoint, HostName
from clary.kinds.rule_evaluation.saved_files import saved_files
from clary.runner.trial_end import NOTHING_SAVED, end_trials

HOST = HostName("training-job", "Digits", "algo-1")
JOB = {
    "TrainingJobName": "Digits",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "DebugHookConfig": {"S3OutputPath": "s3://bucket/tensors/"},
}
TRIAL = "tensors/Digits/debug-output/"
COLLECTIONS = TRIAL + "collections/000000000/"


@pytest.fixture
def standin() -> Iterator[Standin]:
    server = Standin().start()
    yield server
    server.stop()


def end(standin: Standin, **members: Any) -> list[str]:
    endpoint = Endpoint(standin.url, "us-east-1", "111122223333")
    saved = saved_files({**JOB, **members})
    if saved is None:
        return []
    return end_trials(saved, HOST, AgentCredentials("AKIA", "secret", ""), endpoint)


def put_calls(standin: Standin) -> list[str]:
    prefix = "PUT /bucket/"
    return [call[len(prefix) :] for call in standin.calls if call.startswith(prefix)]


def collections(num_workers: int) -> bytes:
    return json.dumps({"collections": {}, "_meta": {"num_workers": num_workers}}).encode()


def test_the_end_of_tensors_and_profile_is_marked(standin: Standin) -> None:
    standin.put("bucket", COLLECTIONS + "worker_0_collections.json", collections(1))

    said = end(standin, ProfilerConfig={"S3OutputPath": "s3://bucket/profiles"})

    assert said == []
    assert put_calls(standin) == [
        TRIAL + "training_job_end.ts",
        "profiles/Digits/profiler-output/training_job_end.ts",
    ]


def test_an_empty_capture_can_be_opened_and_is_told(standin: Standin) -> None:
    said = end(standin)

    assert said == [NOTHING_SAVED]
    assert put_calls(standin) == [COLLECTIONS + "worker_0_collections.json", TRIAL + "training_job_end.ts"]
    document = json.loads(standin.objects["bucket", COLLECTIONS + "worker_0_collections.json"])
    assert {"losses", "gradients", "weights"} <= document["collections"].keys()
    assert document["_meta"] == {"num_workers": 1}


def test_workers_that_left_no_collections_get_those_of_the_others_before_the_end(standin: Standin) -> None:
    standin.put("bucket", COLLECTIONS + "worker_1_collections.json", collections(3))

    end(standin)

    assert put_calls(standin) == [
        COLLECTIONS + "worker_0_collections.json",
        COLLECTIONS + "worker_2_collections.json",
        TRIAL + "training_job_end.ts",
    ]


def test_collections_that_can_not_be_read_do_not_keep_the_end_away_for_ever(standin: Standin) -> None:
    standin.put("bucket", COLLECTIONS + "worker_0_collections.json", b"[]")

    assert end(standin) == []
    assert put_calls(standin) == [TRIAL + "training_job_end.ts"]


def test_devices_count_by_the_names_that_they_have(standin: Standin) -> None:
    """TensorFlow's own names, of a hook of smdebug's."""
    for name in ("_job-worker_0", "_job-worker_1"):
        standin.put("bucket", f"{COLLECTIONS}{name}_collections.json", collections(2))

    end(standin)

    assert put_calls(standin) == [TRIAL + "training_job_end.ts"]


def test_it_is_the_role_that_writes(standin: Standin) -> None:
    end(standin)

    signers = {key for key, service in standin.signers if service == "s3"}
    assert signers == {"ASIA1"}


def test_what_the_role_may_not_write_stays_unwritten_and_costs_nothing_else(standin: Standin) -> None:
    standin.put("bucket", COLLECTIONS + "worker_0_collections.json", collections(1))
    standin.denied = {TRIAL + "training_job_end.ts"}

    end(standin, ProfilerConfig={"S3OutputPath": "s3://bucket/profiles"})

    assert ("bucket", TRIAL + "training_job_end.ts") not in standin.objects
    assert ("bucket", "profiles/Digits/profiler-output/training_job_end.ts") in standin.objects


def test_a_job_that_saves_nothing_asks_for_nothing(standin: Standin) -> None:
    assert end(standin, DebugHookConfig=None) == []
    assert standin.calls == []


def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clary.runner.as_role.PATIENCE_S", 0.2)

    said = end_trials(
        JOB, HOST, AgentCredentials("AKIA", "secret", ""), Endpoint("http://127.0.0.1:1", "us-east-1", "1")
    )

    assert said == []


@pytest.mark.parametrize("recorded", [True, False])
def test_a_profile_that_was_turned_off_is_ended_where_there_is_one(recorded: bool, standin: Standin) -> None:
    if recorded:
        standin.put("bucket", "profiles/Digits/profiler-output/system/incremental/x.json", b"{}")
    config = {"S3OutputPath": "s3://bucket/profiles", "DisableProfiler": True}

    end(standin, DebugHookConfig=None, ProfilerConfig=config)

    marker = ("bucket", "profiles/Digits/profiler-output/training_job_end.ts")
    assert (marker in standin.objects) is recorded
