"""Asks for the interruption of a record whose hosts yield (``Cluster.yields``)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from clary.store.records import RecordMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .context import RunnerContext
    from .job import Job

Document = dict[str, Any]


def interrupt_for(ctx: RunnerContext, job: Job, others: Sequence[Job]) -> None:
    """Asks for the interruption of records, because another one needs their parts of the machine."""
    for other in others:
        _interrupt(ctx, other, f"{job} needs its part of the machine")


def _interrupt(ctx: RunnerContext, job: Job, reason: str) -> None:
    """Writes into a record that its present hosts have to end; once for the same hosts."""
    asks, now = job.kind.interrupt, ctx.now()
    if asks is None:
        return

    def changes(present: Document) -> Document:
        return asks(present, reason, now)

    with contextlib.suppress(RecordMissing):
        present = ctx.records.find(job.kind.record_kind, job.name)
        # Whoever waits for the capacity asks at each look.
        if present is not None and changes(present):
            ctx.records.update(job.kind.record_kind, job.name, changes)
