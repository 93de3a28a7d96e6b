from __future__ import annotations

from typing import Any

import pytest

from clary.domain.hosts import Outcome, Phase
from clary.kinds.decision import Decision, Desired, HostSeen, Seen
from clary.kinds.processing_job.state import end_without_hosts, launched, next_state, waiting

NOW = 1_000.0


def job(**members: Any) -> dict[str, Any]:
    return {
        "ProcessingJobName": "split",
        "ProcessingJobStatus": "InProgress",
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **members,
    }


def host(
    *phases: tuple[str, float],
    name: str = "algo-1",
    outcome: str = "",
    reason: str = "",
    message: str = "",
    exited: bool = False,
) -> HostSeen:
    report = {
        "Phases": [{"Phase": phase, "At": at} for phase, at in phases],
        "Outcome": outcome,
        "Reason": reason,
        "Message": message,
    }
    return HostSeen(name, report, exited)


TO_THE_END = (
    (Phase.DOWNLOADING, 910.0),
    (Phase.PROCESSING, 920.0),
    (Phase.UPLOADING, 980.0),
    (Phase.DONE, 985.0),
)


def decide(record: dict[str, Any], hosts: list[HostSeen], now: float) -> Decision:
    return next_state(record, Seen(hosts), now)


def test_a_job_starts_when_its_last_host_begins_to_work() -> None:
    first, second = host((Phase.DOWNLOADING, 910.0)), host((Phase.DOWNLOADING, 915.0), name="algo-2")

    assert "ProcessingStartTime" not in decide(job(), [first, host(name="algo-2")], NOW).changes
    assert decide(job(), [first, second], NOW).changes == {"ProcessingStartTime": 915.0}


def test_nothing_new_changes_nothing() -> None:
    decision = decide(job(ProcessingStartTime=910.0), [host((Phase.DOWNLOADING, 910.0))], NOW)

    assert decision.changes == {}
    assert decision.status is None


def test_hosts_that_succeeded_complete_the_job_with_all_their_messages() -> None:
    hosts = [
        host(*TO_THE_END, outcome=Outcome.SUCCEEDED, message="one. "),
        host(*TO_THE_END[:-1], (Phase.DONE, 990.0), name="algo-2", outcome=Outcome.SUCCEEDED, message="two."),
    ]

    decision = decide(job(ProcessingStartTime=910.0), hosts, NOW)

    assert decision.changes == {
        "ProcessingJobStatus": "Completed",
        "ProcessingEndTime": 990.0,
        "ExitMessage": "one. two.",
    }
    assert (decision.status, decision.finished) == ("Completed", True)


def test_messages_are_cut_at_a_kilobyte_and_silence_is_none() -> None:
    long = [host(*TO_THE_END, outcome=Outcome.SUCCEEDED, message="m" * 1000)] * 2
    silent = [host(*TO_THE_END, outcome=Outcome.SUCCEEDED)]

    assert len(decide(job(), long, NOW).changes["ExitMessage"]) == 1024
    assert decide(job(), silent, NOW).changes["ExitMessage"] is None


def test_a_failed_host_stops_the_others_and_gives_the_reason() -> None:
    failed = host(*TO_THE_END, outcome=Outcome.FAILED, reason="AlgorithmError: x", message="half way")
    other = host(*TO_THE_END[:2], name="algo-2")
    stopped = host(*TO_THE_END[:-1], (Phase.DONE, 990.0), name="algo-2", outcome=Outcome.STOPPED)

    assert decide(job(), [failed, other], NOW).hosts is Desired.NONE
    ended = decide(job(), [failed, stopped], NOW)

    assert ended.status == "Failed"
    assert ended.changes["FailureReason"] == "AlgorithmError: x"
    assert ended.changes["ExitMessage"] == "half way"


def test_the_reason_is_that_of_the_host_that_failed_first() -> None:
    late = host(*TO_THE_END, outcome=Outcome.FAILED, reason="it lost its peer")
    early = host((Phase.DONE, 950.0), name="algo-2", outcome=Outcome.FAILED, reason="the cause")

    assert decide(job(), [late, early], NOW).changes["FailureReason"] == "the cause"


def test_an_agent_that_died_silently_fails_the_job() -> None:
    decision = decide(job(), [HostSeen("algo-1", None, exited=True)], NOW)

    assert decision.changes["FailureReason"].startswith("InternalServerError: the agent of host algo-1")
    assert decision.changes["ProcessingEndTime"] == NOW


def test_a_stop_reaches_the_hosts_and_ends_stopped() -> None:
    record = job(ProcessingJobStatus="Stopping", _StopRequestedAt=950.0)

    asked = decide(record, [host(*TO_THE_END[:2])], NOW)
    ended = decide(record, [host(*TO_THE_END, outcome=Outcome.STOPPED)], NOW)

    assert asked.hosts is Desired.NONE
    assert asked.status == "Stopping"
    assert ended.changes["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in ended.changes


def test_a_job_over_its_time_is_stopped_and_says_so() -> None:
    decision = decide(job(), [host(*TO_THE_END, outcome=Outcome.MAX_RUNTIME)], NOW)

    assert decision.status == "Stopped"
    assert "MaxRuntimeInSeconds (60)" in decision.changes["FailureReason"]


@pytest.mark.parametrize(("reason", "status"), [("", "Stopped"), ("ClientError: no image", "Failed")])
def test_a_job_may_end_before_it_has_hosts(reason: str, status: str) -> None:
    decision = end_without_hosts(job(ExitMessage="Waiting"), NOW, reason=reason)

    assert decision.status == decision.changes["ProcessingJobStatus"] == status
    assert decision.changes["ProcessingEndTime"] == NOW
    assert decision.changes["ExitMessage"] is None
    assert decision.changes.get("FailureReason", "") == reason


def test_what_is_waited_for_is_said_once_and_taken_back_at_the_start() -> None:
    said = waiting(job(), "Waiting for capacity")

    assert said == {"ExitMessage": "Waiting for capacity"}
    assert waiting(job(**said), "Waiting for capacity") == {}
    assert launched(job(**said), ["a note"]) == {"ExitMessage": None}


def test_a_host_that_had_to_be_killed_when_it_was_to_stop_has_stopped() -> None:
    stuck = HostSeen("algo-1", None, exited=True, ended=True)

    decision = decide(job(_StopRequestedAt=930.0), [stuck], NOW)

    assert decision.changes["ProcessingJobStatus"] == "Stopped"
