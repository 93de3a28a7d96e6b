"""Asks for the interruption of a record whose hosts yield (``Cluster.yields``)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from .context import RunnerContext
    from .job import Job

Document = dict[str, Any]


def interrupt(ctx: RunnerContext, job: Job, reason: str) -> None:
    """Writes into a record that its present hosts have to end; once for the same hosts.

    Does nothing to a record whose hosts do not yield.
    """
    asks, now = job.kind.interrupt, ctx.now()
    if asks is None:
        return

    def changes(present: Document) -> Document:
        return asks(present, reason, now)

    with contextlib.suppress(RecordMissing):
        present = ctx.records.find(job.kind.record_kind, job.name)
        # It is asked again at each look.
        if present is not None and changes(present):
            ctx.records.update(job.kind.record_kind, job.name, changes)
