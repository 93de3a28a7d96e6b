"""The whole life of a training job, as a pure function.

    InProgress   Starting ─> Downloading ─> Training ─> Uploading ─┐
                    ^                                              ├─> Completed
                    └─ Restarting (RetryStrategy, a fault of ours) ├─> Failed
    Stopping     Stopping ─────────────────────────────────────────┴─> Stopped (or MaxRuntimeExceeded)

A host tells how far it is; a cluster is as far as its slowest host. When one host fails, the others
are stopped, and the job ends when all of them have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Outcome, Phase
from clary.kinds.decision import (
    FAILURES,
    REASON_LIMIT,
    Decision,
    Desired,
    asked_to_stop,
    changed,
    first_failed,
)

from .cluster import model_artifact_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen, Seen

Document = dict[str, Any]

ORDER = (Phase.STARTING, Phase.DOWNLOADING, Phase.TRAINING, Phase.UPLOADING, Phase.DONE)

NOUN = "training job"

MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "Completed": "Training job completed",
    "Restarting": "Restarting the training job after a fault of the platform",
}


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """Decides what is done next."""
    if not seen.hosts:
        return _before_hosts(record, seen, now)
    hosts = seen.hosts
    failed = [host for host in hosts if host.outcome in FAILURES]
    running = [host for host in hosts if not host.outcome]
    stop_wanted = "_StopRequestedAt" in record
    transitions = _follow_phases(record["SecondaryStatusTransitions"], hosts)
    if stop_wanted and transitions[-1]["Status"] != "Stopping":
        transitions = _enter(transitions, "Stopping", now, asked_to_stop(record, NOUN))
    changes: Document = _times(record, transitions)
    if running:
        changes.update(_status(transitions, "Stopping" if stop_wanted else "InProgress"))
        hosts_wanted = Desired.NONE if failed or stop_wanted else Desired.UNTIL_THEY_END
        changes = changed(record, changes)
        return Decision(changes, "Stopping" if stop_wanted and changes else None, hosts_wanted)
    if _may_retry(record, failed) and not stop_wanted:
        changes.update(_status(_enter(transitions, "Restarting", now), "InProgress"))
        changes["_Attempt"] = record.get("_Attempt", 0) + 1
        return Decision(changes, hosts=Desired.UNTIL_THEY_END, restart=[host.name for host in hosts])
    return _end(record, hosts, failed, transitions, now)


def _before_hosts(record: Document, seen: Seen, now: float) -> Decision:
    if "_StopRequestedAt" in record:
        return end_without_hosts(record, now)
    if seen.refused:
        return end_without_hosts(record, now, reason=next(iter(seen.refused.values())))
    return Decision(hosts=Desired.UNTIL_THEY_END)


def end_without_hosts(record: Document, now: float, *, reason: str = "") -> Decision:
    """Ends a job without hosts. reason: why its hosts can't be started; empty for a stop."""
    final = "Failed" if reason else "Stopped"
    message = reason or asked_to_stop(record, NOUN)
    transitions = _enter(record["SecondaryStatusTransitions"], final, now, message)
    changes = {**_status(transitions, final), "TrainingEndTime": now}
    if reason:
        changes["FailureReason"] = reason[:REASON_LIMIT]
    return Decision(changes, status=final, finished=True)


def waiting(record: Document, message: str) -> Document:
    """The changes that tell what a job waits for."""
    transitions = [dict(step) for step in record["SecondaryStatusTransitions"]]
    transitions[-1]["StatusMessage"] = message
    return changed(record, {"SecondaryStatusTransitions": transitions})


def _end(
    record: Document,
    hosts: Sequence[HostSeen],
    failed: Sequence[HostSeen],
    transitions: list[Document],
    now: float,
) -> Decision:
    outcomes = [host.outcome for host in hosts]
    reason = ""
    if failed:
        final = secondary = "Failed"
        reason = first_failed(failed).reason[:REASON_LIMIT]
    elif Outcome.MAX_RUNTIME in outcomes:
        final, secondary = "Stopped", "MaxRuntimeExceeded"
    elif Outcome.STOPPED in outcomes:
        final = secondary = "Stopped"
    else:
        final = secondary = "Completed"
    ended_at = max((host.ended_at(now) for host in hosts), default=now)
    transitions = _enter(transitions, secondary, ended_at, reason)
    changes: Document = {
        **_status(transitions, final),
        **_times(record, transitions),
        "TrainingEndTime": ended_at,
    }
    if reason:
        changes["FailureReason"] = reason
    started_at = changes.get("TrainingStartTime", record.get("TrainingStartTime"))
    if started_at is not None:
        seconds = max(1, round(ended_at - started_at))
        changes.update(TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds)
    if final == "Completed" or any(host.report and host.report["ModelUploaded"] for host in hosts):
        changes["ModelArtifacts"] = {"S3ModelArtifacts": model_artifact_uri(record)}
    return Decision(changes, status=final, finished=True, succeeded=final == "Completed")


def _follow_phases(transitions: list[Document], hosts: Sequence[HostSeen]) -> list[Document]:
    """Adds each phase that every host has reached since the last look."""
    for phase in ORDER[1:-1]:
        entered = [host.entered_at(phase) for host in hosts]
        at = [instant for instant in entered if instant is not None]
        done = {step["Status"] for step in _since_restart(transitions)}
        if len(at) == len(hosts) and hosts and phase not in done and "Stopping" not in done:
            transitions = _enter(transitions, phase, max(at))
    return transitions


def _since_restart(transitions: list[Document]) -> list[Document]:
    for index in range(len(transitions) - 1, -1, -1):
        if transitions[index]["Status"] == "Restarting":
            return transitions[index:]
    return transitions


def _enter(transitions: list[Document], status: str, at: float, message: str = "") -> list[Document]:
    """Ends the last transition and adds a new one, which stays open unless the status is final."""
    steps = [dict(step) for step in transitions]
    at = max(at, steps[-1]["StartTime"])
    steps[-1].setdefault("EndTime", at)
    new: Document = {"Status": status, "StartTime": at, "StatusMessage": message or MESSAGES[status]}
    if status in ("Completed", "Failed", "Stopped", "MaxRuntimeExceeded"):
        new["EndTime"] = at
    return [*steps, new]


def _status(transitions: list[Document], status: str) -> Document:
    return {
        "SecondaryStatusTransitions": transitions,
        "SecondaryStatus": transitions[-1]["Status"],
        "TrainingJobStatus": status,
    }


def _times(record: Document, transitions: list[Document]) -> Document:
    """TrainingStartTime: when the instances began to work for the job."""
    begun = [step["StartTime"] for step in transitions if step["Status"] in ORDER[1:]]
    if "TrainingStartTime" in record or not begun:
        return {}
    return {"TrainingStartTime": begun[0]}


def _may_retry(record: Document, failed: Sequence[HostSeen]) -> bool:
    attempts = record.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)
    return (
        record.get("_Attempt", 0) < attempts
        and bool(failed)
        and all(host.outcome == Outcome.INTERNAL_ERROR for host in failed)
    )
