"""Ended records that keep their part of the machine and their ended hosts (``Kind.keeps``).

    ends      the loop notes it beside the record (``_KEPT``), so that the next server finds it
    offered   the launcher knows it, and wakes the first waiting record that matches
    reused    the part of the machine changes its owner, the ended hosts become ``_Kept`` of the other record
    is over   the loop forgets it as any record that has ended

The ended hosts stay, because their cache folders are on their machines. A host that takes the place of
another one moves that folder into its own.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from clary.store.records import RecordExists, RecordMissing

from .job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from clary.kinds.kind import Kind
    from clary.store.records import Records

    from .context import RunnerContext
    from .servers import Servers

Document = dict[str, Any]

_KEPT = "clary-kept"

SOON_S = 0.05
ENDS_WITHIN_S = 5.0
"""How long after the end of a record its agents are waited for. They need some milliseconds."""

ELSEWHERE_S = 5.0
"""How long a new record is left to another server that keeps what it matches, which takes it at once."""

MOST_ASKED = 100
"""The number of waiting records, in the order of the queue, that are compared with a kept one."""


def note_kept(records: Records, job: Job) -> None:
    """Notes that an ended record keeps its hosts. To be called in the transaction that ends it."""
    name = f"{job.kind.record_kind}/{job.name}"
    with contextlib.suppress(RecordExists):
        records.insert(_KEPT, name, {"Kind": job.kind.record_kind, "Name": job.name})


def forget_kept(records: Records, job: Job) -> None:
    """Removes the note, if there is one."""
    name = f"{job.kind.record_kind}/{job.name}"
    if records.find(_KEPT, name) is not None:
        with contextlib.suppress(RecordMissing):
            records.delete(_KEPT, name)


def all_kept(records: Records, kinds: Mapping[str, Kind]) -> Iterator[Job]:
    """The ended records that keep their hosts; some may keep none any more."""
    for note in list(records.each(_KEPT)):
        if note["Kind"] in kinds:
            yield Job(kinds[note["Kind"]], note["Name"])


class KeptHosts:
    """What ended records of this server keep. Only for the event loop's thread."""

    def __init__(self, ctx: RunnerContext, servers: Servers, passed_on: Callable[[Job, Job], None]) -> None:
        """passed_on: called with an ended record and the one that has taken its ended hosts."""
        self._ctx = ctx
        self._servers = servers
        self._passed_on = passed_on
        self._offered: dict[Job, Document] = {}

    def offer(self, job: Job, record: Document, owners: Mapping[str, Job]) -> Job | None:
        """Offers what an ended record keeps; returns the first waiting record that may take it.

        owners: the record of each owner of a position in the queue.
        """
        self._offered[job] = record
        reuses = None if job.kind.cluster is None else job.kind.cluster.reuses
        waiting = self._ctx.capacity.waiting(0, MOST_ASKED)
        for other in (owners[owner] for owner in waiting if owner in owners):
            asks = self._ctx.records.find(other.kind.record_kind, other.name)
            if other.kind is job.kind and reuses and asks is not None and reuses.matches(asks, record):
                return other
        return None

    def withdraw(self, job: Job) -> None:
        self._offered.pop(job, None)

    async def take(self, job: Job, record: Document, owner: str) -> bool:
        """Gives a record what an ended one keeps, if there is one that it matches.

        The part of the machine is the owner's then. The record gets ``_Kept``: the ids and the handles of the
        ended hosts, by name. Returns False where it is worth to wait ``SOON_S`` and to ask again: agents that
        have reported their end still clear their folders.
        """
        reuses = None if job.kind.cluster is None else job.kind.cluster.reuses
        if reuses is None or "_Kept" in record:
            return True
        worth_waiting = self._is_for_another(job, record)
        for other, kept in list(self._offered.items()):
            if other.kind is not job.kind or not reuses.matches(record, kept):
                continue
            polled = [await self._ctx.backend.poll(handle) for handle in kept["_Hosts"].values()]
            if None not in polled and self._give(other, job):
                self.withdraw(other)
                self._ctx.capacity.move(other.owner(""), owner)
                self._passed_on(other, job)
                return True
            since = self._ctx.now() - kept["_KeptSince"]
            worth_waiting = worth_waiting or (None in polled and since < ENDS_WITHIN_S)
        return not worth_waiting

    def _is_for_another(self, job: Job, record: Document) -> bool:
        """Whether another server of the database keeps what a new record matches."""
        reuses = None if job.kind.cluster is None else job.kind.cluster.reuses
        waits_s = abs(self._ctx.now() - record["CreationTime"])
        if reuses is None or not self._ctx.server or waits_s > ELSEWHERE_S:
            return False
        found = (
            self._ctx.records.find(job.kind.record_kind, other.name)
            for other in all_kept(self._ctx.records, {job.kind.record_kind: job.kind})
        )
        return any(
            kept is not None
            and self._servers.is_elsewhere(kept)
            and job.kind.keeps(kept)
            and reuses.matches(record, kept)
            for kept in found
        )

    def _give(self, other: Job, job: Job) -> bool:
        records, reuses = self._ctx.records, job.kind.cluster.reuses if job.kind.cluster else None
        assert reuses is not None
        with records.transaction():
            lease = self._servers.lease(job)
            kept = records.find(other.kind.record_kind, other.name)
            if lease is None or kept is None or not other.kind.keeps(kept):
                return False
            if "_Kept" in lease.document or not reuses.matches(lease.document, kept):
                return False
            # From now on other servers leave the record alone.
            lease = self._servers.claim(lease)
            hosts = {"Ids": other.host_ids(kept), "Handles": kept["_Hosts"]}
            records.apply(lease, {"_Kept": hosts})
            changes = {**reuses.reused(kept, job.name, self._ctx.now()), "_PassedOn": True}
            records.update(other.kind.record_kind, other.name, changes)
        return True

    def words(self) -> str:
        """Which records keep a part of the machine, for those that wait; empty without any."""
        names = sorted(job.name for job in self._offered)
        if not names:
            return ""
        first = f"the warm pool of {names[0]}" if len(names) == 1 else f"the warm pools of {len(names)} jobs"
        return f"{first} {'keeps' if len(names) == 1 else 'keep'} a part of the machine"
