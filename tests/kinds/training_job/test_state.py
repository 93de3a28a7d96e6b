from __future__ import annotations

from typing import Any

import pytest

from clary.domain.hosts import Outcome, Phase
from clary.kinds.decision import Decision, Desired, HostSeen, Seen
from clary.kinds.training_job.state import end_without_hosts, next_state
from clary.kinds.training_job.transitions import waiting

NOW = 1_000.0


def job(**members: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "digits",
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Starting",
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "StartTime": 900.0, "StatusMessage": "Starting"}
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models/"},
        **members,
    }


def host(
    *phases: tuple[str, float],
    name: str = "algo-1",
    outcome: str = "",
    reason: str = "",
    exited: bool = False,
) -> HostSeen:
    report = {
        "Phases": [{"Phase": phase, "At": at} for phase, at in phases],
        "Outcome": outcome,
        "Reason": reason,
        "ExitCode": None,
        "ModelUploaded": False,
    }
    return HostSeen(name, report, exited)


TO_THE_END = (
    (Phase.DOWNLOADING, 910.0),
    (Phase.TRAINING, 920.0),
    (Phase.UPLOADING, 980.0),
    (Phase.DONE, 985.0),
)


def statuses(changes: dict[str, Any]) -> list[str]:
    return [step["Status"] for step in changes["SecondaryStatusTransitions"]]


def decide(record: dict[str, Any], hosts: list[HostSeen], now: float) -> Decision:
    return next_state(record, Seen(hosts), now)


def test_phases_become_transitions_with_the_times_the_host_saw() -> None:
    decision = decide(job(), [host((Phase.DOWNLOADING, 910.0), (Phase.TRAINING, 920.0))], NOW)

    assert statuses(decision.changes) == ["Starting", "Downloading", "Training"]
    assert decision.changes["SecondaryStatusTransitions"][1] == {
        "Status": "Downloading",
        "StartTime": 910.0,
        "EndTime": 920.0,
        "StatusMessage": "Downloading input data",
    }
    assert decision.changes["SecondaryStatus"] == "Training"
    assert decision.changes["TrainingStartTime"] == 910.0
    assert not decision.finished


def test_a_cluster_is_as_far_as_its_slowest_host() -> None:
    hosts = [
        host((Phase.DOWNLOADING, 910.0), (Phase.TRAINING, 920.0)),
        host((Phase.DOWNLOADING, 915.0), name="algo-2"),
    ]

    assert statuses(decide(job(), hosts, NOW).changes) == ["Starting", "Downloading"]


def test_nothing_new_changes_nothing() -> None:
    record = job()
    record.update(decide(record, [host((Phase.DOWNLOADING, 910.0))], NOW).changes)

    assert decide(record, [host((Phase.DOWNLOADING, 910.0))], NOW + 5).changes == {}


def test_completed_has_times_and_the_model() -> None:
    decision = decide(job(), [host(*TO_THE_END, outcome=Outcome.SUCCEEDED, exited=True)], NOW)

    assert decision.finished
    assert decision.status == "Completed"
    assert statuses(decision.changes) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert decision.changes["TrainingEndTime"] == 985.0
    assert decision.changes["BillableTimeInSeconds"] == 75
    assert decision.changes["ModelArtifacts"] == {
        "S3ModelArtifacts": "s3://bucket/models/digits/output/model.tar.gz"
    }


def test_the_reason_of_the_first_failed_host_is_the_job_s() -> None:
    hosts = [
        host((Phase.TRAINING, 920.0), (Phase.DONE, 950.0), outcome=Outcome.FAILED, reason="second"),
        host(
            (Phase.TRAINING, 920.0),
            (Phase.DONE, 940.0),
            name="algo-2",
            outcome=Outcome.FAILED,
            reason="first",
        ),
    ]

    decision = decide(job(), hosts, NOW)

    assert decision.status == "Failed"
    assert decision.changes["FailureReason"] == "first"


def test_when_one_host_fails_the_others_are_stopped() -> None:
    hosts = [
        host((Phase.TRAINING, 920.0), (Phase.DONE, 940.0), outcome=Outcome.FAILED, reason="boom"),
        host((Phase.TRAINING, 920.0), name="algo-2"),
    ]

    decision = decide(job(), hosts, NOW)

    assert decision.hosts is Desired.NONE
    assert not decision.finished


def test_an_agent_that_died_silently_fails_the_job_and_says_so() -> None:
    decision = decide(job(), [host((Phase.TRAINING, 920.0), exited=True)], NOW)

    assert decision.status == "Failed"
    assert "agent of host algo-1 was killed" in decision.changes["FailureReason"]


def test_a_fault_of_ours_is_retried_as_often_as_asked() -> None:
    record = job(RetryStrategy={"MaximumRetryAttempts": 1})
    lost = [host((Phase.TRAINING, 920.0), exited=True)]

    first = decide(record, lost, NOW)
    record.update(first.changes)
    second = decide(record, lost, NOW + 10)

    assert first.restart
    assert record["SecondaryStatus"] == "Restarting"
    assert not second.restart
    assert second.status == "Failed"


def test_the_user_s_own_failure_is_not_retried() -> None:
    record = job(RetryStrategy={"MaximumRetryAttempts": 3})

    decision = decide(record, [host((Phase.DONE, 940.0), outcome=Outcome.FAILED, reason="boom")], NOW)

    assert decision.status == "Failed"


def test_stop_is_passed_on_until_the_hosts_are_over() -> None:
    record = job(_StopRequestedAt=950.0, TrainingJobStatus="Stopping")

    still = decide(record, [host((Phase.TRAINING, 920.0))], NOW)
    record.update(still.changes)
    over = decide(record, [host((Phase.TRAINING, 920.0), (Phase.DONE, 990.0), outcome=Outcome.STOPPED)], NOW)

    assert still.hosts is Desired.NONE
    assert record["SecondaryStatus"] == "Stopping"
    assert over.status == "Stopped"
    assert "ModelArtifacts" not in over.changes


def test_out_of_time_is_stopped_and_says_why() -> None:
    decision = decide(
        job(), [host((Phase.TRAINING, 920.0), (Phase.DONE, 990.0), outcome=Outcome.MAX_RUNTIME)], NOW
    )

    assert decision.status == "Stopped"
    assert decision.changes["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_a_failure_counts_more_than_a_stop() -> None:
    hosts = [
        host((Phase.DONE, 990.0), outcome=Outcome.STOPPED),
        host((Phase.DONE, 980.0), name="algo-2", outcome=Outcome.CLIENT_ERROR, reason="no data"),
    ]

    assert decide(job(), hosts, NOW).status == "Failed"


@pytest.mark.parametrize(("reason", "status"), [("", "Stopped"), ("no such image", "Failed")])
def test_a_job_may_end_before_it_has_hosts(reason: str, status: str) -> None:
    decision = end_without_hosts(job(), NOW, reason=reason)

    assert decision.finished
    assert decision.status == status
    assert decision.changes.get("FailureReason", "") == reason


def test_waiting_says_so_once() -> None:
    record = job()
    record.update(waiting(record, "Waiting for capacity"))

    assert record["SecondaryStatusTransitions"][-1]["StatusMessage"] == "Waiting for capacity"
    assert waiting(record, "Waiting for capacity") == {}


def test_uncompressed_output_is_a_folder() -> None:
    record = job(OutputDataConfig={"S3OutputPath": "s3://bucket/models", "CompressionType": "NONE"})

    decision = decide(record, [host(*TO_THE_END, outcome=Outcome.SUCCEEDED)], NOW)

    assert decision.changes["ModelArtifacts"]["S3ModelArtifacts"] == "s3://bucket/models/digits/output/model/"


def test_a_host_that_had_to_be_killed_when_it_was_to_stop_has_stopped() -> None:
    stuck = HostSeen("algo-1", host((Phase.TRAINING, 920.0)).report, exited=True, ended=True)

    decision = decide(job(_StopRequestedAt=930.0), [stuck], NOW)

    assert decision.changes["TrainingJobStatus"] == "Stopped"
    assert "FailureReason" not in decision.changes
