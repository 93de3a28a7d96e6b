"""The whole life of a training job, as a pure function.

    InProgress   Starting ─> Downloading ─> Training ─> Uploading ─┐
                    ^ ^                        │                   ├─> Completed
                    │ └───── Interrupted <─────┘ (managed spot)    │
                    └─ Restarting (RetryStrategy, a fault of ours) ├─> Failed
    Stopping     Stopping ─────────────────────────────────────────┴─> Stopped (or MaxRuntimeExceeded,
                                                                                   MaxWaitTimeExceeded)

A host tells how far it is; a cluster is as far as its slowest host. When one host fails, the others
are stopped, and the job ends when all of them have. An interrupted job waits for capacity again. What follows
after the end is in ``warm_pool.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Outcome
from clary.kinds.decision import (
    FAILURES,
    REASON_LIMIT,
    Decision,
    Desired,
    asked_to_stop,
    changed,
    first_failed,
)

from .attempts import run_seconds, runtime_left_s, times_at_end, wait_ends_at
from .cluster import model_artifact_uri
from .interruption import asked_interruption, interruption_of, lost_starts
from .transitions import MESSAGES, enter, follow_phases, start_time, status_changes
from .warm_pool import after_end, pool_at_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen, Seen

Document = dict[str, Any]

NOUN = "training job"
ENDED = ("Completed", "Failed", "Stopped")


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """Decides what is done next."""
    if record["TrainingJobStatus"] in ENDED:
        return after_end(record, seen, now)
    if not seen.hosts:
        return _before_hosts(record, seen, now)
    hosts = seen.hosts
    failed = [host for host in hosts if host.outcome in FAILURES]
    stop_wanted = "_StopRequestedAt" in record or _is_late(record, now)
    transitions = follow_phases(record["SecondaryStatusTransitions"], hosts)
    if any(not host.outcome for host in hosts):
        return _while_hosts_run(record, transitions, now, failed=bool(failed), stop_wanted=stop_wanted)
    if not stop_wanted:
        if interrupted := interruption_of(record, hosts):
            return _start_again(record, hosts, transitions, now, interrupted)
        if _may_retry(record, failed):
            changes = {
                **start_time(record, transitions),
                **status_changes(enter(transitions, "Restarting", now), "InProgress"),
                **_next_attempt(record, hosts, transitions, now),
            }
            return _restart(record, changes, hosts)
    return _end(record, hosts, failed, transitions, now)


def _before_hosts(record: Document, seen: Seen, now: float) -> Decision:
    if "_StopRequestedAt" in record:
        return end_without_hosts(record, now)
    if _is_late(record, now):
        stopping = enter(record["SecondaryStatusTransitions"], "Stopping", now)
        return _end_between_hosts(record, stopping, now, "Stopped", "MaxWaitTimeExceeded")
    if seen.refused:
        return end_without_hosts(record, now, reason=next(iter(seen.refused.values())))
    return Decision(hosts=Desired.UNTIL_THEY_END, look_at=wait_ends_at(record))


def end_without_hosts(record: Document, now: float, *, reason: str = "") -> Decision:
    """Ends a job without hosts. reason: why its hosts can't be started; empty for a stop."""
    final = "Failed" if reason else "Stopped"
    message = reason or asked_to_stop(record, NOUN)
    decision = _end_between_hosts(record, record["SecondaryStatusTransitions"], now, final, final, message)
    if reason:
        decision.changes["FailureReason"] = reason[:REASON_LIMIT]
    return decision


def _end_between_hosts(
    record: Document, transitions: list[Document], now: float, final: str, secondary: str, message: str = ""
) -> Decision:
    """Ends a job that waits for its first hosts, or after an interruption for its next."""
    transitions = enter(transitions, secondary, now, message)
    changes = {
        **status_changes(transitions, final),
        "TrainingEndTime": transitions[-1]["StartTime"],
        **times_at_end(record, transitions, transitions[-1]["StartTime"]),
        **pool_at_end(record, (), now),
    }
    return Decision(changes, status=final, finished=True)


def _while_hosts_run(
    record: Document, transitions: list[Document], now: float, *, failed: bool, stop_wanted: bool
) -> Decision:
    interruption = asked_interruption(record)
    last = transitions[-1]["Status"]
    if stop_wanted and last != "Stopping":
        message = asked_to_stop(record, NOUN) or MESSAGES["MaxWaitTimeExceeded"]
        transitions = enter(transitions, "Stopping", now, message)
    elif interruption is not None and last not in ("Interrupted", "Stopping"):
        message = _interrupted_words(record, interruption["Reason"])
        transitions = enter(transitions, "Interrupted", now, message)
    status = "Stopping" if stop_wanted else "InProgress"
    changes = changed(record, {**start_time(record, transitions), **status_changes(transitions, status)})
    ends = failed or stop_wanted or interruption is not None
    hosts = Desired.NONE if ends else Desired.UNTIL_THEY_END
    return Decision(changes, "Stopping" if stop_wanted and changes else None, hosts)


def _interrupted_words(record: Document, reason: str) -> str:
    kept = (
        "it goes on from its checkpoints"
        if "CheckpointConfig" in record
        else "it has no CheckpointConfig, so it begins anew"
    )
    return f"{MESSAGES['Interrupted']}, because {reason}; {kept}"[:REASON_LIMIT]


def _start_again(
    record: Document, hosts: Sequence[HostSeen], transitions: list[Document], now: float, interrupted: str
) -> Decision:
    """The next attempt of an interrupted job: it waits behind all that waits already."""
    ended_at = _ended_at(hosts, now)
    if transitions[-1]["Status"] != "Interrupted":
        transitions = enter(transitions, "Interrupted", ended_at, _interrupted_words(record, interrupted))
    attempt = _next_attempt(record, hosts, transitions, ended_at)
    if runtime_left_s({**record, **attempt}) < 1.0:
        times = start_time(record, transitions)
        seconds = {**record, **times}
        decision = _end_between_hosts(seconds, transitions, ended_at, "Stopped", "MaxRuntimeExceeded")
        decision.changes.update(times)
        return decision
    started = enter(transitions, "Starting", now, "Waiting for capacity after an interruption")
    changes = {
        **start_time(record, transitions),
        **status_changes(started, "InProgress"),
        **attempt,
        "_WaitsSince": now,
        "_LostStarts": lost_starts(record, hosts),
    }
    return _restart(record, changes, hosts)


def _next_attempt(
    record: Document, hosts: Sequence[HostSeen], transitions: list[Document], ended_at: float
) -> Document:
    return {
        "_Attempt": record.get("_Attempt", 0) + 1,
        "_RunSeconds": run_seconds(record, transitions, ended_at),
    }


def _restart(record: Document, changes: Document, hosts: Sequence[HostSeen]) -> Decision:
    return Decision(changes, hosts=Desired.UNTIL_THEY_END, restart=[host.name for host in hosts])


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
        reason = _cause(failed).reason[:REASON_LIMIT]
    elif Outcome.MAX_RUNTIME in outcomes:
        final, secondary = "Stopped", "MaxRuntimeExceeded"
    elif Outcome.STOPPED in outcomes:
        final = "Stopped"
        by_wait = "_StopRequestedAt" not in record and _is_late(record, now)
        secondary = "MaxWaitTimeExceeded" if by_wait else "Stopped"
    else:
        final = secondary = "Completed"
    ended_at = _ended_at(hosts, now)
    transitions = enter(transitions, secondary, ended_at, reason)
    begun = start_time(record, transitions)
    changes: Document = {
        **status_changes(transitions, final),
        **begun,
        "TrainingEndTime": ended_at,
        **times_at_end({**record, **begun}, transitions, ended_at),
        **pool_at_end(record, hosts, ended_at),
    }
    if reason:
        changes["FailureReason"] = reason
    if final == "Completed" or any(host.report and host.report["ModelUploaded"] for host in hosts):
        changes["ModelArtifacts"] = {"S3ModelArtifacts": model_artifact_uri(record)}
    return Decision(changes, status=final, finished=True, succeeded=final == "Completed")


def _is_late(record: Document, now: float) -> bool:
    end = wait_ends_at(record)
    return end is not None and now >= end


def _ended_at(hosts: Sequence[HostSeen], now: float) -> float:
    return max((host.ended_at(now) for host in hosts), default=now)


def _cause(failed: Sequence[HostSeen]) -> HostSeen:
    """The host that is the cause: when a host is lost, scripts on the others fail because of it."""
    return next((host for host in failed if host.lost), None) or first_failed(failed)


def _may_retry(record: Document, failed: Sequence[HostSeen]) -> bool:
    attempts = record.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)
    of_ours = any(host.lost for host in failed) or (
        bool(failed) and all(host.outcome == Outcome.INTERNAL_ERROR for host in failed)
    )
    return record.get("_Attempt", 0) < attempts and of_ours
