"""Managed spot training: interruptions, the waiting between attempts, and the times of all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.kinds.training_job.test_state import NOW, TO_THE_END, decide, host, job, statuses

from clary.domain.errors import ValidationError
from clary.domain.hosts import Outcome, Phase
from clary.kinds.decision import Desired, HostSeen, Seen
from clary.kinds.training_job.interruption import LOST_STARTS, check_interruptible, interrupt
from clary.kinds.training_job.state import next_state

TRAINING = ((Phase.DOWNLOADING, 910.0), (Phase.TRAINING, 920.0))
STOPPED = (*TRAINING, (Phase.UPLOADING, 970.0), (Phase.DONE, 980.0))


def spot(**members: Any) -> dict[str, Any]:
    return job(
        CreationTime=900.0,
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 500, "MaxWaitTimeInSeconds": 2000},
        CheckpointConfig={"S3Uri": "s3://bucket/checkpoints"},
        _Hosts={"algo-1": "handle"},
        **members,
    )


def lost(*phases: tuple[str, float], name: str = "algo-1", words: str = "") -> HostSeen:
    return replace(host(*phases, name=name, exited=True), lost=True, last_words=words)


def interrupted(record: dict[str, Any], at: float = 960.0) -> dict[str, Any]:
    return record | interrupt(record, "a job needs its part of the machine", at)


def test_an_interruption_ends_the_hosts_and_says_why() -> None:
    record = interrupted(spot())

    decision = decide(record, [host(*TRAINING)], 960.0)

    assert decision.hosts is Desired.NONE
    assert statuses(decision.changes) == ["Starting", "Downloading", "Training", "Interrupted"]
    assert decision.status is None, "it stays InProgress"
    message = decision.changes["SecondaryStatusTransitions"][-1]["StatusMessage"]
    assert message == (
        "Training job interrupted, because a job needs its part of the machine; "
        "it goes on from its checkpoints"
    )
    record.update(decision.changes)
    assert decide(record, [host(*TRAINING)], 961.0).changes == {}


def test_an_interrupted_job_waits_for_capacity_and_starts_again() -> None:
    record = interrupted(spot())
    record.update(decide(record, [host(*TRAINING)], 960.0).changes)

    decision = decide(record, [host(*STOPPED, outcome=Outcome.STOPPED, exited=True)], 981.0)

    assert decision.restart == ["algo-1"]
    assert decision.hosts is Desired.UNTIL_THEY_END
    assert statuses(decision.changes)[-2:] == ["Interrupted", "Starting"]
    assert decision.changes["SecondaryStatus"] == "Starting"
    assert decision.changes["_Attempt"] == 1
    assert decision.changes["_WaitsSince"] == 981.0
    assert decision.changes["_RunSeconds"] == 70.0
    # What was asked of the attempt before is not asked of this one.
    again = decide(record | decision.changes, [host((Phase.DOWNLOADING, 1100.0))], 1101.0)
    assert again.hosts is Desired.UNTIL_THEY_END
    assert statuses(again.changes)[-3:] == ["Interrupted", "Starting", "Downloading"]


def test_the_time_that_is_billed_is_without_the_waiting() -> None:
    record = interrupted(spot())
    for hosts, now in (
        ([host(*TRAINING)], 960.0),
        ([host(*STOPPED, outcome=Outcome.STOPPED, exited=True)], 981.0),
    ):
        record.update(decide(record, hosts, now).changes)

    second = [(phase, at + 500.0) for phase, at in TO_THE_END]
    decision = decide(record, [host(*second, outcome=Outcome.SUCCEEDED, exited=True)], 1500.0)

    assert decision.status == "Completed"
    assert decision.changes["TrainingTimeInSeconds"] == 575
    assert decision.changes["BillableTimeInSeconds"] == 70 + 75


def test_the_next_attempt_has_what_is_left_of_the_runtime() -> None:
    record = interrupted(spot(_RunSeconds=440.0))

    decision = decide(record, [host(*STOPPED, outcome=Outcome.STOPPED, exited=True)], 981.0)

    assert (decision.status, decision.changes["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert decision.changes["BillableTimeInSeconds"] == 70, "not more than the time from start to end"


def test_a_host_that_ends_well_meanwhile_completes_the_job() -> None:
    record = interrupted(spot())

    decision = decide(record, [host(*TO_THE_END, outcome=Outcome.SUCCEEDED, exited=True)], NOW)

    assert decision.status == "Completed"


def test_a_lost_host_is_an_interruption_and_ends_the_others() -> None:
    record = spot()
    one, two = host(*TRAINING), lost(*TRAINING, name="algo-2", words="its node 10.0.0.3 left the cluster")

    meanwhile = decide(record, [one, two], 950.0)
    after = decide(
        record | meanwhile.changes,
        # Its script has lost the connection to the other one: that is no failure of the job.
        [host(*STOPPED, outcome=Outcome.FAILED, reason="Connection reset", exited=True), two],
        990.0,
    )

    assert meanwhile.hosts is Desired.NONE
    assert after.restart == ["algo-1", "algo-2"]
    message = after.changes["SecondaryStatusTransitions"][-2]["StatusMessage"]
    assert "host algo-2 was lost: its node 10.0.0.3 left the cluster" in message


def test_hosts_that_are_lost_before_they_train_fail_the_job_in_the_end() -> None:
    record = spot()
    for _ in range(LOST_STARTS):
        decision = decide(record, [lost(words="boom")], NOW)
        assert decision.restart
        record.update(decision.changes)

    last = decide(record, [lost(words="boom")], NOW)

    assert last.status == "Failed"
    assert "boom" in last.changes["FailureReason"]


def test_a_host_that_its_machine_stops_is_an_interruption() -> None:
    decision = decide(spot(), [host(*STOPPED, outcome=Outcome.STOPPED, exited=True)], 981.0)

    assert decision.restart
    assert "its machine has stopped it" in decision.changes["SecondaryStatusTransitions"][-2]["StatusMessage"]


def test_a_failure_of_the_script_is_none() -> None:
    decision = decide(spot(), [host(*STOPPED, outcome=Outcome.FAILED, reason="boom", exited=True)], 981.0)

    assert decision.status == "Failed"


def test_a_stop_counts_more_than_an_interruption() -> None:
    record = interrupted(spot(_StopRequestedAt=950.0))

    decision = decide(record, [host(*STOPPED, outcome=Outcome.STOPPED, exited=True)], 981.0)

    assert (decision.status, decision.changes["SecondaryStatus"]) == ("Stopped", "Stopped")


def test_the_waiting_is_bounded_while_the_job_waits() -> None:
    record = spot()
    record.pop("_Hosts")

    waits, over = next_state(record, Seen(), 2899.0), next_state(record, Seen(), 2900.0)

    assert (waits.hosts, waits.look_at) == (Desired.UNTIL_THEY_END, 2900.0)
    assert statuses(over.changes) == ["Starting", "Stopping", "MaxWaitTimeExceeded"]
    assert (over.status, over.finished) == ("Stopped", True)


def test_the_waiting_is_bounded_while_the_job_runs() -> None:
    record = spot()

    stops = decide(record, [host(*TRAINING)], 2900.0)
    record.update(stops.changes)
    over = decide(record, [host(*STOPPED, outcome=Outcome.STOPPED, exited=True)], 2901.0)

    assert (stops.status, stops.hosts) == ("Stopping", Desired.NONE)
    assert (over.status, over.changes["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")


def test_without_spot_a_stopped_host_is_no_interruption() -> None:
    decision = decide(job(), [host(*STOPPED, outcome=Outcome.STOPPED, exited=True)], 981.0)

    assert decision.status == "Stopped"


def test_a_retry_asks_for_a_lost_host_even_if_others_failed_because_of_it() -> None:
    hosts = [
        host(*STOPPED, outcome=Outcome.FAILED, reason="Connection reset", exited=True),
        lost(*TRAINING, name="algo-2", words="its node left the cluster"),
    ]

    retried = decide(job(RetryStrategy={"MaximumRetryAttempts": 1}), hosts, NOW)
    failed = decide(job(), hosts, NOW)

    assert retried.restart
    assert "its node left the cluster" in failed.changes["FailureReason"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"EnableManagedSpotTraining": False}, "created without EnableManagedSpotTraining"),
        ({"TrainingJobStatus": "Completed"}, "is Completed"),
        ({"_Hosts": {}}, "waits for capacity"),
        ({"SecondaryStatus": "Uploading"}, "uploads what it made"),
    ],
)
def test_what_can_not_be_interrupted_says_why(members: dict[str, Any], said: str) -> None:
    record = spot() | members

    assert interrupt(record, "why", NOW) == {}
    with pytest.raises(ValidationError, match=said):
        check_interruptible(record)


def test_asking_twice_changes_nothing() -> None:
    record = interrupted(spot())

    assert interrupt(record, "again", NOW) == {}
