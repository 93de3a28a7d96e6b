"""Removes the marks of an earlier job, on a real HTTP server that stands in for S3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.host.standin import Standin

from clary.domain.hosts import AgentCredentials, Endpoint, HostName
from clary.kinds.kind import SavedFiles
from clary.runner.trial_start import begin_trials

HOST = HostName("training-job", "Digits", "algo-1")
SAVED = SavedFiles("s3://bucket/tensors/Digits/debug-output", "s3://bucket/out/Digits/profiler-output")
TENSORS = "tensors/Digits/debug-output/training_job_end.ts"
PROFILE = "out/Digits/profiler-output/training_job_end.ts"
INDEX = "tensors/Digits/debug-output/index/000000000/000000000000_worker_0.json"


@pytest.fixture
def standin() -> Iterator[Standin]:
    server = Standin().start()
    yield server
    server.stop()


def begin(standin: Standin, saved: SavedFiles = SAVED, url: str = "") -> list[str]:
    return begin_trials(
        saved,
        HOST,
        lambda _host: AgentCredentials("AKIA", "secret", ""),
        Endpoint(url or standin.url, "us-east-1", "111122223333"),
        lambda bucket, key: (bucket, key) in standin.objects,
    )


def test_the_marks_go_and_what_was_saved_stays(standin: Standin) -> None:
    for key in (TENSORS, PROFILE, INDEX):
        standin.put("bucket", key, b"")

    assert begin(standin) == []
    assert list(standin.objects) == [("bucket", INDEX)]


def test_a_job_without_an_earlier_one_asks_for_nothing(standin: Standin) -> None:
    standin.put("bucket", INDEX, b"{}")

    assert begin(standin) == []
    assert standin.calls == []


def test_a_folder_that_the_job_does_not_save_to_is_left_alone(standin: Standin) -> None:
    standin.put("bucket", TENSORS, b"")
    standin.put("bucket", PROFILE, b"")

    begin(standin, SavedFiles("", SAVED.profile))

    assert list(standin.objects) == [("bucket", TENSORS)]


def test_what_is_no_place_in_s3_is_passed_over(standin: Standin) -> None:
    assert begin(standin, SavedFiles("https://elsewhere/Digits", "")) == []


def test_it_is_the_role_that_deletes(standin: Standin) -> None:
    standin.put("bucket", TENSORS, b"")

    begin(standin)

    assert {key for key, service in standin.signers if service == "s3"} == {"ASIA1"}


def test_what_the_role_may_not_delete_is_told_and_the_rest_goes(standin: Standin) -> None:
    standin.put("bucket", TENSORS, b"")
    standin.put("bucket", PROFILE, b"")
    standin.denied = {TENSORS}

    (line,) = begin(standin)

    assert line.startswith(f"Clary: s3://bucket/{TENSORS} says that a job of this name has ended")
    assert "s3:DeleteObject" in line
    assert list(standin.objects) == [("bucket", TENSORS)]


def test_a_server_that_does_not_answer_is_given_up_and_told(
    standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clary.runner.as_role.PATIENCE_S", 0.2)
    standin.put("bucket", TENSORS, b"")

    (line,) = begin(standin, url="http://127.0.0.1:1")

    assert "the server does not answer" in line
