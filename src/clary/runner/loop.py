"""The loop: brings every record that has not ended to its desired state, whatever its kind.

    look      the record, its hosts, the records and series that its kind follows (no transaction)
    decide    kind.next_state(record, seen, now)                         (pure)
    act       ask hosts to end, mark saved files as complete             (may be repeated)
    ask       what a decision needs and takes too long for the loop      (``questions.py``, in a thread)
    apply     decide again and write, in one transaction under a lease
    start     hosts that are desired and not there                       (``launcher.py``)
    track     the trial component of a record that changed               (``tracking.py``, in a thread)

Each record has one task (``reconciler.py``). It wakes when the record changes, or one that it follows: every
request and every report is a commit. While a record has hosts, its task also looks once a second for agents
that died silently. A record without hosts rests until it is woken. Every step may be repeated: the server can
be killed between any two lines.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from clary.compute.backend import BackendAway
from clary.domain.errors import PlatformError
from clary.domain.hosts import HostName
from clary.kinds.catalogue import all_kinds
from clary.kinds.decision import Seen
from clary.kinds.records import remove_record
from clary.store.drivers import DatabaseUnavailable
from clary.store.records import LeaseLost, RecordMissing

from .desired_hosts import missing, unwanted
from .job import Job
from .job_hosts import JobHosts, first_host, hosts_seen
from .kept import all_kept, forget_kept, note_kept
from .launcher import Launcher
from .other_records import RefusedRecord, change_others
from .questions import Questions
from .reconciler import Reconciler, listed
from .series_seen import series_seen
from .servers import Servers
from .staying import with_restarts
from .watching import Watching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.kinds.decision import Decision, Notice

    from .context import RunnerContext
    from .job_hosts import Polled
    from .series_seen import SeriesValues
    from .tracking import Tracking

Document = dict[str, Any]

LIST_S = 10.0
"""How long the start waits for a cluster to say which hosts it has."""

log = logging.getLogger("clary.runner")


class Loop:
    """Takes care of the records of every kind until they have ended."""

    def __init__(self, ctx: RunnerContext, tracking: Tracking) -> None:
        self._ctx = ctx
        self._kinds = all_kinds()
        self._tracking = tracking
        self._servers = Servers(ctx)
        self._reconciler = Reconciler(
            self._advance, passing=(LeaseLost, RecordMissing, DatabaseUnavailable, BackendAway)
        )
        self._watching: Watching[Job] = Watching()
        self._hosts = JobHosts(ctx)
        self._refused: dict[Job, dict[str, str]] = {}
        self._questions = Questions(ctx.read_object, self._reconciler.wake, self._refuse)
        self._series: dict[Job, SeriesValues] = {}
        """The last look at the series that a record reads."""
        self._launcher = Launcher(
            ctx,
            servers=self._servers,
            wake=self._reconciler.wake,
            refuse=self._refuse,
            launched=self._hosts.launched,
            passed_on=self._hosts.passed_on,
        )

    async def run(self) -> None:
        """Runs until cancelled. Hosts continue without it; the next ``run`` finds them again."""
        async with asyncio.TaskGroup() as tasks:
            self._reconciler.begin(tasks)
            self._launcher.begin(tasks)
            self._hosts.begin(tasks)
            self._questions.begin(tasks)
            tasks.create_task(self._tracking.run(), name="tracking")
            self._ctx.records.on_change(self._on_change)
            self._servers.begin(tasks)
            # Listed before anything is started: each belongs to a record from before, or to none. A cluster
            # that is away answers later.
            listing = tasks.create_task(listed(self._ctx.backend), name="hosts from before")
            await asyncio.wait({listing}, timeout=LIST_S)
            found = self._own_records()
            for job, record in found:
                self._launcher.adopt(job, record)
            self._launcher.adopted(tasks)
            # All kinds share one queue, in the order of creation.
            for job, _ in sorted(found, key=lambda pair: pair[1]["CreationTime"]):
                self._reconciler.wake(job)
            self._hosts.end_later(self._servers.unwanted(await listing, self._records_with_hosts()))
            await asyncio.Event().wait()

    def _own_records(self) -> list[tuple[Job, Document]]:
        """Returns the records that may have hosts, and that no other server takes care of."""
        found = self._records_with_hosts()
        return [(job, record) for job, record in found if not self._servers.is_elsewhere(record)]

    def _records_with_hosts(self) -> list[tuple[Job, Document]]:
        """Returns the records that may have hosts, at whichever server."""
        jobs = (*self._unfinished(), *all_kept(self._ctx.records, self._kinds))
        return [(job, record) for job in jobs if (record := self._record(job)) is not None]

    def _on_change(self, kind: str, name: str) -> None:
        for job in self._watching.who_follows((kind, name)):
            self._reconciler.wake_from_any_thread(job)
        known = self._kinds.get(kind)
        if known is not None:
            self._reconciler.wake_from_any_thread(Job(known, name))
            self._tracking.changed(known, name)

    def _unfinished(self) -> list[Job]:
        return [
            Job(kind, name)
            for kind in self._kinds.values()
            for name in self._ctx.records.names(kind.record_kind, statuses=kind.unfinished)
        ]

    async def _advance(self, job: Job) -> bool:
        """One step of one record; whether it has ended."""
        record = self._record(job)
        if record is not None and self._servers.is_elsewhere(record):
            self._watching.drop(job)
            self._launcher.leave(job)
            self._hosts.leave(job, record)
            return True
        if record is None or job.kind.status(record) not in job.kind.unfinished:
            if record is None or not job.kind.keeps(record):
                await self._clean_up(job, record)
                return True
            self._launcher.offer(job, record)
        self._launcher.adopt_taken_over(job, record)
        self._watching.follow(job, job.kind.follows(record))
        polled = await self._hosts.poll(record)
        if polled:
            # Read after the hosts were polled: one that has ended has sent all its reports by then.
            record = self._record(job)
            if record is None:
                return False
        self._hosts.end_replaced(job, record)
        if wanted := list(job.kind.series(record)):
            self._series[job] = await asyncio.to_thread(series_seen, self._ctx.metrics, wanted)
        decision = self._decide(job, record, polled)
        await self._hosts.stop(polled, record, unwanted(job.kind, record, decision))
        if decision.writes:
            await self._write(job, record, polled, decision)
        for notice in decision.notices:
            await self._send(job, notice)
        if decision.ask is not None:
            self._questions.ask(job, decision.ask)
        if not decision.writes and not decision.notices:
            await self._start(job, record, polled, decision)
        return False

    def _decide(self, job: Job, record: Document, polled: Mapping[str, Polled]) -> Decision:
        now = self._ctx.now()
        followed = {key: self._ctx.records.find(*key) for key in job.kind.follows(record)}
        in_use = self._ctx.in_use(job.kind.record_kind, job.name)
        seen = Seen(
            hosts_seen(record, polled, in_use),
            self._refused.get(job, {}),
            followed,
            self._series.get(job, {}),
            self._questions.answers(job),
        )
        decision = job.kind.next_state(record, seen, now)
        return with_restarts(job.kind, record, seen.hosts, decision, now)

    async def _write(self, job: Job, record: Document, polled: Mapping[str, Polled], first: Decision) -> None:
        """Acts on a decision, then decides again from the present record and writes that.

        first: the decision from ``record``. An end that it did not prepare is left to the next step.
        """
        said = await self._end_trials(job, record) if first.finished else ()
        try:
            with self._ctx.records.transaction():
                lease = self._servers.lease(job)
                if lease is None:
                    return
                decision = self._decide(job, lease.document, polled)
                if not decision.writes or (decision.finished and not first.finished):
                    return
                owner = self._ctx.stores_of(lease.document.get("_Owner", ""))
                change_others(owner, self._kinds, decision)
                if decision.delete:
                    remove_record(self._ctx.stores_of(""), job.kind, lease.document)
                    return
                changes = self._changes(job, lease.document, decision)
                present = self._ctx.records.apply(lease, changes, status=decision.status)
                if decision.finished and job.kind.keeps(present):
                    note_kept(self._ctx.records, job)
                if decision.succeeded:
                    self._log(job, lease.document, said)
        except RefusedRecord as refused:
            self._refuse(job, refused.name, refused.reason)
            return
        if decision.restart:
            self._launcher.leave(job, decision.restart)
            self._hosts.forget(job, lease.document, decision.restart)

    def _changes(self, job: Job, record: Document, decision: Decision) -> Document:
        changes = dict(decision.changes)
        if decision.finished and job.kind.final_metrics is not None:
            changes |= job.kind.final_metrics(self._ctx.metrics.summaries(job.kind.arn(record)))
        if decision.restart:
            for member in ("_Hosts", "_Reports"):
                kept = record.get(member, {}).items()
                changes[member] = {host: value for host, value in kept if host not in decision.restart}
        return changes

    async def _start(
        self, job: Job, record: Document, polled: Mapping[str, Polled], decision: Decision
    ) -> None:
        self._launcher.leave_unasked(job, record)
        refused = self._refused.get(job, {})
        hosts = [host for host in missing(job.kind, record, decision) if host.name not in refused]

        def still_missing(present: Document) -> set[str]:
            decision = self._decide(job, present, polled)
            return {host.name for host in missing(job.kind, present, decision)}

        followed = {key: self._ctx.records.find(*key) for key in job.kind.follows(record)}
        if hosts and not await self._launcher.start(job, record, hosts, followed, still_missing):
            return
        if not record.get("_Hosts") and not decision.again:
            # It is woken when there is room, or when a record changes.
            look_at = decision.look_at
            self._reconciler.rest(job, at_most_s=None if look_at is None else look_at - self._ctx.now())

    async def _end_trials(self, job: Job, record: Document) -> Sequence[str]:
        """Marks saved files as complete before the last status: whoever sees the status finds the mark."""
        saved = job.kind.saves(record)
        if saved is None:
            return ()
        host = HostName(job.kind.record_kind, job.name, first_host(record))
        try:
            return await asyncio.to_thread(self._ctx.end_trials, saved, host)
        except PlatformError as error:
            log.warning("%s: the end of its files could not be marked: %s", job, error.message)
            return ()

    def _log(self, job: Job, record: Document, lines: Sequence[str]) -> None:
        """Adds lines to the log of the first host."""
        cluster = job.kind.cluster
        if cluster is None or not lines:
            return
        now = self._ctx.now()
        stream = cluster.streams(record, job.name, first_host(record))[0]
        # The user may have deleted the log.
        with contextlib.suppress(PlatformError):
            events = [(int(now * 1000), line) for line in lines]
            self._ctx.logs.append(cluster.group_of(job.name), stream, events, now, steady=True)

    async def _send(self, job: Job, notice: Notice) -> None:
        """Sends a notice once. If the server is killed meanwhile, it may be sent twice."""
        ctx = self._ctx
        said = await asyncio.to_thread(ctx.notifier.send, notice.job_name, notice.action, notice.details)
        ctx.records.update(job.kind.record_kind, job.name, lambda present: notice.sent(present, said))
        now = ctx.now()
        with contextlib.suppress(PlatformError):
            events = [(int(now * 1000), said)]
            ctx.logs.append(notice.log_group, notice.log_stream, events, now, steady=True)

    async def _clean_up(self, job: Job, record: Document | None) -> None:
        """After the end of a record: frees its part of the machine, and removes its hosts."""
        self._watching.drop(job)
        self._refused.pop(job, None)
        self._series.pop(job, None)
        self._questions.forget(job)
        self._launcher.leave(job)
        forget_kept(self._ctx.records, job)
        await self._hosts.end_all(job, record)

    def _refuse(self, job: Job, name: str, reason: str) -> None:
        """Notes what can't be started, created or answered. The kind decides what follows."""
        self._refused.setdefault(job, {})[name] = reason
        self._reconciler.wake(job)

    def _record(self, job: Job) -> Document | None:
        return self._ctx.records.find(job.kind.record_kind, job.name)
