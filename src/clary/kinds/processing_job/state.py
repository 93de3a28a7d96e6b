"""The whole life of a processing job, as a pure function.

    InProgress ─> Completed        its hosts ended well and their outputs are in S3
        │     └─> Failed           one of them did not; the others were stopped
        └─> Stopping ─> Stopped    StopProcessingJob; over MaxRuntimeInSeconds it is Stopped too

AWS has no member for what a job waits for. Here it is ExitMessage, until the job starts.
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen, Seen

Document = dict[str, Any]

NOUN = "processing job"

MESSAGE_LIMIT = 1024
"""The longest ExitMessage the model allows."""


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """Decides what is done next."""
    if not seen.hosts:
        return _before_hosts(record, seen, now)
    hosts = seen.hosts
    failed = [host for host in hosts if host.outcome in FAILURES]
    stop_wanted = "_StopRequestedAt" in record
    started = _started(record, hosts)
    if any(not host.outcome for host in hosts):
        status = "Stopping" if stop_wanted else "InProgress"
        changes = changed(record, {**started, "ProcessingJobStatus": status})
        hosts_wanted = Desired.NONE if failed or stop_wanted else Desired.UNTIL_THEY_END
        return Decision(changes, "Stopping" if stop_wanted and changes else None, hosts_wanted)
    outcomes = [host.outcome for host in hosts]
    ended_at = max((host.ended_at(now) for host in hosts), default=now)
    changes = {**started, "ProcessingEndTime": ended_at, "ExitMessage": _exit_message(hosts)}
    if failed:
        final = "Failed"
        changes["FailureReason"] = first_failed(failed).reason[:REASON_LIMIT]
    elif Outcome.MAX_RUNTIME in outcomes:
        final = "Stopped"
        limit_s = record["StoppingCondition"]["MaxRuntimeInSeconds"]
        changes["FailureReason"] = f"The job was stopped when its MaxRuntimeInSeconds ({limit_s}) were over"
    elif Outcome.STOPPED in outcomes:
        final = "Stopped"
        # AWS has no member for the caller. A message of the container comes first.
        changes["ExitMessage"] = changes["ExitMessage"] or asked_to_stop(record, NOUN) or None
    else:
        final = "Completed"
    changes["ProcessingJobStatus"] = final
    return Decision(changes, status=final, finished=True, succeeded=final == "Completed")


def _before_hosts(record: Document, seen: Seen, now: float) -> Decision:
    if "_StopRequestedAt" in record:
        return end_without_hosts(record, now)
    if seen.refused:
        return end_without_hosts(record, now, reason=next(iter(seen.refused.values())))
    return Decision(hosts=Desired.UNTIL_THEY_END)


def end_without_hosts(record: Document, now: float, *, reason: str = "") -> Decision:
    """Ends a job without hosts. reason: why its hosts can't be started; empty for a stop."""
    final = "Failed" if reason else "Stopped"
    changes: Document = {
        "ProcessingJobStatus": final,
        "ProcessingEndTime": now,
        "ExitMessage": asked_to_stop(record, NOUN) or None,
    }
    if reason:
        changes["FailureReason"] = reason[:REASON_LIMIT]
    return Decision(changes, status=final, finished=True)


def waiting(record: Document, message: str) -> Document:
    """The changes that tell what a job waits for."""
    return changed(record, {"ExitMessage": message[:MESSAGE_LIMIT]})


def launched(record: Document, notes: Sequence[str]) -> Document:
    """Removes the message about waiting. Notes are the first lines of the log."""
    return {"ExitMessage": None}


def _started(record: Document, hosts: Sequence[HostSeen]) -> Document:
    """ProcessingStartTime: when the last instance began to work for the job."""
    if "ProcessingStartTime" in record:
        return {}
    begun = [host.entered_at(Phase.DOWNLOADING) for host in hosts]
    at = [instant for instant in begun if instant is not None]
    return {"ProcessingStartTime": max(at)} if at and len(at) == len(hosts) else {}


def _exit_message(hosts: Sequence[HostSeen]) -> str | None:
    """The content of ``/opt/ml/output/message`` of all containers; None for an empty one."""
    said = "".join(str(host.report.get("Message", "")) for host in hosts if host.report)
    return said[:MESSAGE_LIMIT] or None
