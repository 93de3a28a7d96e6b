"""A kind whose hosts stay: as an endpoint's or a notebook's do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clary.kinds.sample_job.cluster import host_specs, hosts, image  # type: ignore[import-not-found]

from clary.domain.hosts import Endpoint, HostSpec
from clary.kinds.cluster import Cluster, HostStart
from clary.kinds.decision import Decision, Desired, RecordKey, Seen, changed
from clary.kinds.kind import Kind, NewRecord
from clary.kinds.stores import Stores

__all__ = ["KIND"]

Document = dict[str, Any]


def make(stores: Stores, begun: Document, tags: Mapping[str, str]) -> NewRecord:
    return NewRecord({"HostCount": 1, **begun, "SampleAppStatus": "Pending", "Said": ""})


def next_state(record: Document, seen: Seen, now: float) -> Decision:
    """Pending ─> InService ─> Deleting ─> Deleted, or Failed."""
    if "_StopRequestedAt" in record:
        if all(host.exited for host in seen.hosts):
            return Decision({"SampleAppStatus": "Deleted"}, "Deleted", finished=True)
        return Decision(hosts=Desired.NONE)
    if seen.refused:
        return Decision({"SampleAppStatus": "Failed"}, "Failed", finished=True)
    at_work = [host for host in seen.hosts if not host.exited]
    status = "InService" if len(at_work) == record["HostCount"] else "Pending"
    changes = changed(record, {"SampleAppStatus": status})
    return Decision(changes, status if changes else None, Desired.FOR_EVER)


def specs(
    record: Document,
    starts: Mapping[str, HostStart],
    *,
    endpoint: Endpoint,
    records: Mapping[RecordKey, Document | None],
) -> dict[str, HostSpec]:
    as_job = {**record, "SampleJobName": record["SampleAppName"], "SampleJobArn": record["SampleAppArn"]}
    found: dict[str, HostSpec] = host_specs(as_job, starts, endpoint=endpoint, records=records)
    return found


KIND = Kind(
    record_kind="sample-app",
    noun="SampleApp",
    make=make,
    next_state=next_state,
    cluster=Cluster(
        log_group="/clary/SampleJobs",
        id_prefix="app.",
        hosts=hosts,
        image=image,
        specs=specs,
        waiting=lambda record, message: {"Said": message},
        together=False,
    ),
    unfinished=("Pending", "InService", "Deleting"),
    stopping="Deleting",
    terminal=("Deleted", "Failed"),
)
