"""Warm pools: what a training job keeps after its end, for a matching one.

    InUse ── the job ends ──> Available ──┬── a matching job starts ──────────> Reused
      │                                   └── the period is over, a host lost ─> Terminated
      └── it fails by a fault of ours ──> Terminated

A job with ``KeepAlivePeriodInSeconds`` keeps its part of the machine, and its ended hosts with the cache
folder of each. ``WarmPoolStatus`` is what callers see; ``_WarmPool`` has the same status, for lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError
from clary.domain.hosts import Outcome
from clary.kinds.decision import Decision, Desired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.kinds.decision import HostSeen, Seen

Document = dict[str, Any]

STATUS = "_WarmPool"

_SAME_RESOURCES = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
_SAME = ("RoleArn", "VpcConfig")
_SAME_SWITCHES = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption")


def keep_alive_s(record: Document) -> int:
    return int(record.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds") or 0)


def check_warm_pool(request: Document) -> None:
    """Raises ValidationError for a job that can't keep its instances, as AWS does."""
    if not keep_alive_s(request):
        return
    if "InstanceGroups" in request["ResourceConfig"]:
        raise ValidationError(
            "ResourceConfig.KeepAlivePeriodInSeconds is not supported with InstanceGroups; give InstanceType "
            "and InstanceCount, or leave the period out."
        )
    if request.get("EnableManagedSpotTraining"):
        raise ValidationError(
            "ResourceConfig.KeepAlivePeriodInSeconds is not supported with EnableManagedSpotTraining: a spot "
            "job keeps no instances; leave one of them out."
        )


def check_update(record: Document) -> None:
    """Raises ValidationError when the period of a job's warm pool can't be changed any more."""
    pool = record.get("WarmPoolStatus", {})
    ended = record["TrainingJobStatus"] in ("Completed", "Failed", "Stopped")
    if ended and pool.get("Status") != "Available":
        by = f"Reused by {pool['ReusedByJob']}" if "ReusedByJob" in pool else pool.get("Status", "")
        state = f"its warm pool is {by}" if by else "it has no warm pool"
        raise ValidationError(
            f"Training job {record['TrainingJobName']} has ended and {state}; KeepAlivePeriodInSeconds can "
            "be changed while the job runs, or its warm pool is Available."
        )


def with_pool(record: Document) -> Document:
    """The members of a new record."""
    return _pool("InUse") if keep_alive_s(record) else {}


def pool_at_end(record: Document, hosts: Sequence[HostSeen], ended_at: float) -> Document:
    """The changes when a job ends. hosts: those that have run; none for a job that ends before it has any."""
    if not keep_alive_s(record):
        return _pool("Terminated", 0) if "WarmPoolStatus" in record else {}
    healthy = hosts and not any(host.lost or host.outcome == Outcome.INTERNAL_ERROR for host in hosts)
    return {**_pool("Available"), "_KeptSince": ended_at} if healthy else _pool("Terminated", 0)


def is_kept(record: Document) -> bool:
    """Whether a job that has ended keeps its hosts."""
    return bool(record.get(STATUS) == "Available")


def after_end(record: Document, seen: Seen, now: float) -> Decision:
    """Decides what is done with the warm pool of a job that has ended."""
    over_at = record["_KeptSince"] + keep_alive_s(record)
    if now < over_at and not any(host.lost for host in seen.hosts):
        return Decision(hosts=Desired.AS_THEY_ARE)
    return Decision(_pool("Terminated", _kept_s(record, now)), hosts=Desired.AS_THEY_ARE)


def matches(record: Document, kept: Document) -> bool:
    """Whether a job may take the warm pool of another one: by the members that AWS compares."""
    resources, others = record["ResourceConfig"], kept["ResourceConfig"]
    return (
        "InstanceGroups" not in resources
        and not record.get("EnableManagedSpotTraining")
        and all(resources.get(member) == others.get(member) for member in _SAME_RESOURCES)
        and all(record.get(member) == kept.get(member) for member in _SAME)
        and all(bool(record.get(member)) == bool(kept.get(member)) for member in _SAME_SWITCHES)
    )


def reused(kept: Document, by: str, now: float) -> Document:
    """The changes of a job whose warm pool another one takes."""
    changes = _pool("Reused", _kept_s(kept, now))
    changes["WarmPoolStatus"]["ReusedByJob"] = by
    return changes


def _kept_s(record: Document, now: float) -> int:
    """How long a pool was kept; not longer than its period, if nobody looked when that was over."""
    kept: float = min(now - record["_KeptSince"], keep_alive_s(record))
    return round(max(0.0, kept))


def _pool(status: str, retained_s: int | None = None) -> Document:
    seconds = {} if retained_s is None else {"ResourceRetainedBillableTimeInSeconds": retained_s}
    return {"WarmPoolStatus": {"Status": status, **seconds}, STATUS: status}
