"""What the hosts of a record wait for, in its own words."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from clary.store.records import Records

    from .job import Job

Document = dict[str, Any]


class _WaitsNoMore(Exception):
    """The hosts were started, or are to end: there is nothing to tell."""


def say_waiting(records: Records, job: Job, message: str) -> None:
    """Writes into a record what its hosts wait for. From any thread."""
    kind, cluster = job.kind, job.kind.cluster
    assert cluster is not None

    def waiting(record: Document) -> Document:
        started = cluster.together and record.get("_Hosts")
        if kind.status(record) not in kind.unfinished or started or "_StopRequestedAt" in record:
            raise _WaitsNoMore
        return cluster.waiting(record, message)

    # Without a lease: the transaction checks whether hosts still wait.
    with contextlib.suppress(RecordMissing, _WaitsNoMore):
        records.update(kind.record_kind, job.name, waiting)
