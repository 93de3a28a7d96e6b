"""Interruptions of managed spot training: who asks for one, what counts as one, and what follows.

    asked      a user, or a job that needs the part of the machine ──> ``_Interruption``
    not asked  a host was lost, or was stopped by its machine

Both end all hosts of the attempt. SIGTERM and its grace let the script save a checkpoint; then the job waits
for capacity and starts again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.domain.hosts import Outcome, Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen

Document = dict[str, Any]

LOST_STARTS = 3
"""How many attempts in a row may lose a host before any host has begun to train. Then the job fails: hosts
that never come so far are a fault of the platform, and no capacity that was taken away."""

STOPPED_WORDS = "its machine has stopped it"


def is_spot(record: Document) -> bool:
    """Whether a job may be interrupted."""
    return bool(record.get("EnableManagedSpotTraining"))


def asked_interruption(record: Document) -> Document | None:
    """The interruption of the present attempt that was asked for: At, Reason and Attempt."""
    asked: Document | None = record.get("_Interruption")
    return asked if asked is not None and asked["Attempt"] == record.get("_Attempt", 0) else None


def interrupt(record: Document, reason: str, now: float) -> Document:
    """The changes that ask for the interruption of a job; none for one that has no hosts to interrupt."""
    running = record["TrainingJobStatus"] == "InProgress" and record.get("_Hosts") and not _delivers(record)
    if not is_spot(record) or not running or asked_interruption(record) is not None:
        return {}
    return {"_Interruption": {"At": now, "Reason": reason, "Attempt": record.get("_Attempt", 0)}}


def check_interruptible(record: Document) -> None:
    """Raises ValidationError for a job that a user can't interrupt."""
    name, status = record["TrainingJobName"], record["TrainingJobStatus"]
    if not is_spot(record):
        raise ValidationError(
            f"Training job {name} was created without EnableManagedSpotTraining, so it is never interrupted; "
            "StopTrainingJob ends it."
        )
    if status != "InProgress":
        raise ValidationError(f"Training job {name} is {status}; only a job that runs can be interrupted.")
    if not record.get("_Hosts"):
        raise ValidationError(f"Training job {name} waits for capacity; there is nothing to interrupt.")
    if _delivers(record):
        raise ValidationError(
            f"Training job {name} has trained, and uploads what it made; it ends by itself."
        )


def _delivers(record: Document) -> bool:
    """Whether all scripts of a job have ended: another attempt would have nothing to do."""
    return bool(record["SecondaryStatus"] == "Uploading")


def interruption_of(record: Document, hosts: Sequence[HostSeen]) -> str:
    """The reason why an attempt whose hosts have all ended was interrupted; empty if it was not."""
    outcomes = {host.outcome for host in hosts}
    if not is_spot(record) or Outcome.MAX_RUNTIME in outcomes:
        return ""
    lost = [host for host in hosts if host.lost]
    asked = asked_interruption(record)
    # Scripts on other hosts may fail because one of them has ended: that is no failure of theirs.
    if asked is not None and (lost or Outcome.STOPPED in outcomes):
        return str(asked["Reason"])
    if lost:
        return "" if lost_starts(record, hosts) > LOST_STARTS else lost_words(lost[0])
    stopped = Outcome.STOPPED in outcomes and outcomes <= {Outcome.STOPPED, Outcome.SUCCEEDED}
    return STOPPED_WORDS if stopped else ""


def lost_starts(record: Document, hosts: Sequence[HostSeen]) -> int:
    """How many attempts in a row have lost a host before any of them trained, with this one."""
    trained = any(host.entered_at(Phase.TRAINING) is not None for host in hosts)
    lost = any(host.lost for host in hosts)
    return int(record.get("_LostStarts", 0)) + 1 if lost and not trained else 0


def lost_words(host: HostSeen) -> str:
    return f"host {host.name} was lost" + (f": {host.last_words}" if host.last_words else "")
