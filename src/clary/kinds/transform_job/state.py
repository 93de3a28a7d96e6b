"""The whole life of a transform job, as a pure function.

    InProgress ─> Completed        every instance has transformed its objects
        │     └─> Failed           one could not; the others were stopped
        └─> Stopping ─> Stopped    StopTransformJob

The further containers of a pipeline serve until the instances that send to them have ended. AWS has no member
for what a job waits for; here it is FailureReason, until the job starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.hosts import Outcome, Phase
from clary.kinds.decision import FAILURES, REASON_LIMIT, Decision, Desired, changed, first_failed

from .cluster import sends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen, Seen

Document = dict[str, Any]


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
        changes = changed(record, {**started, "TransformJobStatus": status})
        working = any(sends(host.name) and not host.outcome for host in hosts)
        over = bool(failed) or stop_wanted or not working
        hosts_wanted = Desired.NONE if over else Desired.UNTIL_THEY_END
        return Decision(changes, "Stopping" if stop_wanted and changes else None, hosts_wanted)
    ended_at = max((host.ended_at(now) for host in hosts), default=now)
    changes = {**started, "TransformEndTime": ended_at}
    if failed:
        final = "Failed"
        changes["FailureReason"] = first_failed(failed).reason[:REASON_LIMIT]
    elif any(sends(host.name) and host.outcome != Outcome.SUCCEEDED for host in hosts):
        final = "Stopped"
    else:
        final = "Completed"
    changes["TransformJobStatus"] = final
    return Decision(changes, status=final, finished=True, succeeded=final == "Completed")


def _before_hosts(record: Document, seen: Seen, now: float) -> Decision:
    if "_StopRequestedAt" in record:
        return _end_without_hosts("Stopped", now, None)
    if seen.refused:
        return _end_without_hosts("Failed", now, next(iter(seen.refused.values()))[:REASON_LIMIT])
    return Decision(hosts=Desired.UNTIL_THEY_END)


def _end_without_hosts(final: str, now: float, reason: str | None) -> Decision:
    changes = {"TransformJobStatus": final, "TransformEndTime": now, "FailureReason": reason}
    return Decision(changes, status=final, finished=True)


def waiting(record: Document, message: str) -> Document:
    """The changes that tell what a job waits for."""
    return changed(record, {"FailureReason": message[:REASON_LIMIT]})


def launched(record: Document, notes: Sequence[str]) -> Document:
    """Removes the message about waiting. Notes are the first lines of the log."""
    return {"FailureReason": None}


def _started(record: Document, hosts: Sequence[HostSeen]) -> Document:
    """TransformStartTime: when the last host began to work for the job."""
    if "TransformStartTime" in record:
        return {}
    begun = [host.entered_at(Phase.DOWNLOADING) for host in hosts]
    at = [instant for instant in begun if instant is not None]
    return {"TransformStartTime": max(at)} if at and len(at) == len(hosts) else {}
