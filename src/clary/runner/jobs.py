"""Runs jobs: leases a record, looks at its hosts, asks its kind's ``next_state``, writes what it saw.

Each job that has not ended has one task here. A task wakes when its record changes (a caller's wish,
a host's report, both are commits) and looks by itself now and then, for hosts that die silently. A job
that waits has nothing to look at: it rests until it is woken, by whoever makes room for it.
Every step may be repeated: the server can be killed between any two lines.

All kinds of jobs share one queue for the machine. What differs between them is in ``job_kind.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.compute.backend import ENDED, LOST
from clary.compute.instances import with_more_memory
from clary.domain.errors import PlatformError
from clary.domain.hosts import HostName
from clary.kinds.catalogue import all_kinds
from clary.kinds.decision import HostSeen
from clary.kinds.hosts import Share
from clary.kinds.software import keep_packages
from clary.store.records import LeaseLost, RecordMissing

from .builds import Builds
from .caretaker import POLL_S, Caretaker, end_and_forget
from .job import Job
from .places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.compute.capacity import HostSize
    from clary.kinds.decision import Decision
    from clary.kinds.kind import Kind
    from clary.store.records import Lease

    from .context import ReadyImage, RunnerContext

Document = dict[str, Any]

LEASE_S = 60.0


class _WaitsNoMore(Exception):
    """There is nothing to tell: the job has started, or is to end."""


log = logging.getLogger("clary.runner")


class JobRunner:
    """Takes care of every job until it has ended."""

    def __init__(self, ctx: RunnerContext, kinds: Mapping[str, Kind] | None = None) -> None:
        self._ctx = ctx
        self._kinds = all_kinds() if kinds is None else kinds
        self._holder = secrets.token_hex(8)
        self._care = Caretaker(self._advance, passing=(LeaseLost, RecordMissing))
        self._builds = Builds(ctx.images, wake=self._care.wake, say=self._say)
        self._places = Places(ctx.capacity, lambda owner, message: self._say(self._job(owner), message))

    async def run(self) -> None:
        """Runs until cancelled; hosts go on without it, and the next ``run`` finds them again."""
        async with asyncio.TaskGroup() as tasks:
            self._care.begin(tasks)
            self._builds.begin(tasks)
            tasks.create_task(self._places.run(), name="places in the queue")
            self._ctx.records.on_change(self._on_change)
            # Whoever holds the state folder is alone: jobs of a server that was killed go on at once.
            self._ctx.records.end_leases()
            # Listed before anything is started: what is in it belongs to a job of before, or to nobody.
            left = set(await self._ctx.backend.handles())
            found = [(job, record) for job in self._unfinished() if (record := self._record(job)) is not None]
            for job, record in found:
                self._adopt(job, record)
                # By the ids of its starts, not by ``_Hosts``: one that was not written down is found again.
                left -= set(job.host_ids(record).values())
            # The first to ask is the first to start, of whatever kind it is.
            for job, _ in sorted(found, key=lambda pair: pair[1]["CreationTime"]):
                self._care.wake(job)
            for handle in left:
                tasks.create_task(end_and_forget(self._ctx.backend, handle), name=f"clear {handle}")
            await asyncio.Event().wait()

    def _on_change(self, kind: str, name: str) -> None:
        if kind in self._kinds:
            self._care.wake_from_any_thread(Job(self._kinds[kind], name))

    def _unfinished(self) -> list[Job]:
        return [
            Job(kind, name)
            for kind in self._kinds.values()
            for name in self._ctx.records.names(kind.record_kind, statuses=kind.unfinished)
        ]

    def _adopt(self, job: Job, record: Document) -> None:
        """Counts what a job of before the restart still holds."""
        if record.get("_Hosts"):
            sizes = self._sizes(job.kind, record)
            self._ctx.capacity.adopt(job.owner, self._ctx.cluster_size(list(sizes.values())))

    async def _advance(self, job: Job) -> bool:
        """One look at one job; whether it has ended."""
        ctx = self._ctx
        record = self._record(job)
        if record is None or job.kind.status(record) not in job.kind.unfinished:
            await self._clean_up(job, record)
            return True
        if not record.get("_Hosts"):
            return await self._start(job, record)
        exits = {host: await ctx.backend.poll(handle) for host, handle in record["_Hosts"].items()}
        words = {
            host: await ctx.backend.last_words(record["_Hosts"][host])
            for host, code in exits.items()
            if code == LOST
        }
        # Taken after the look at the hosts: a host that is over has said all it had to say by then.
        lease = self._lease(job)
        if lease is None:
            return False
        reports = lease.document.get("_Reports", {})
        seen = [
            HostSeen(host, reports.get(host), code is not None, words.get(host, ""), ended=code == ENDED)
            for host, code in exits.items()
        ]
        decision = job.kind.next_state(lease.document, seen, ctx.now())
        if decision.stop:
            for handle in lease.document["_Hosts"].values():
                await ctx.backend.stop(handle)
        return await self._apply(job, lease, decision)

    async def _apply(self, job: Job, lease: Lease, decision: Decision) -> bool:
        changes = dict(decision.changes)
        if decision.finished:
            await self._end_trials(job, lease.document, decision.status or "")
            if job.kind.final_metrics is not None:
                summaries = self._ctx.metrics.summaries(job.kind.arn(lease.document))
                changes |= job.kind.final_metrics(summaries)
        if decision.restart:
            for handle in lease.document["_Hosts"].values():
                await self._ctx.backend.forget(handle)
            changes.update({"_Hosts": {}, "_Reports": {}})
            self._give_back(job)
        if changes:
            self._ctx.records.apply(lease, changes, status=decision.status)
        return False

    async def _start(self, job: Job, record: Document) -> bool:
        """A job without hosts: its environment, then its turn, then its hosts."""
        ctx = self._ctx
        if "_StopRequestedAt" in record:
            return await self._end_unstarted(job, "")
        try:
            image = self._builds.image(job, job.kind.cluster.image(record))
        except PlatformError as error:
            return await self._end_unstarted(job, f"ClientError: {error.message}")
        if image is None:
            self._care.rest(job)
            return False
        sizes = self._sizes(job.kind, record)
        size = ctx.cluster_size(list(sizes.values()))
        if not ctx.capacity.ask(job.owner, size, since=record["CreationTime"]):
            self._places.join(job.owner)
            self._care.rest(job)
            return False
        lease = self._lease(job)
        if lease is None or "_StopRequestedAt" in lease.document:
            self._give_back(job)
            self._care.wake(job)
            return False
        self._places.leave(job.owner)
        self._wake_next()
        notes = [note for note in (image.note, *sorted({size.note for size in sizes.values()})) if note]
        handles = await self._launch(job, lease.document, sizes, image, notes)
        software = [f"Runs {image.software}"] if image.software else []
        changes = {
            "_Hosts": handles,
            "_Notes": notes,
            "_Software": image.software,
            "_Environment": keep_packages(ctx.logs, image.environment.name, image.packages, ctx.now()),
            **job.kind.cluster.launched(lease.document, [*software, *notes]),
        }
        ctx.records.apply(lease, changes)
        return False

    async def _launch(
        self,
        job: Job,
        record: Document,
        sizes: dict[str, HostSize],
        image: ReadyImage,
        notes: list[str],
    ) -> dict[str, str]:
        """Host name to handle."""
        ctx = self._ctx
        kind, name, group = job.kind, job.name, job.kind.cluster.log_group
        # Another attempt goes on in the streams of the one before: the SDK looks for streams only once.
        streams = {host: _log_stream(job, record, host) for host in sizes}
        ctx.logs.create_group(group, ctx.now(), exist_ok=True)
        for stream in streams.values():
            ctx.logs.create_stream(group, stream, ctx.now(), exist_ok=True)
        specs = kind.cluster.specs(
            record,
            shares={host: _share(size) for host, size in sizes.items()},
            environment=image.environment,
            algorithm=image.algorithm,
            endpoint=ctx.endpoint,
            credentials={
                host: ctx.agent_credentials(HostName(kind.record_kind, name, host)) for host in sizes
            },
            log_streams={
                host: (stream, ctx.logs.stream(group, stream).event_count) for host, stream in streams.items()
            },
        )
        ids = job.host_ids(record)
        return {
            host: await ctx.backend.launch(ids[host], replace(spec, notes=tuple(notes)))
            for host, spec in specs.items()
        }

    async def _end_unstarted(self, job: Job, reason: str) -> bool:
        ctx = self._ctx
        lease = self._lease(job)
        if lease is None:
            return False
        await self._end_trials(job, lease.document, "")
        decision = job.kind.cluster.end_without_hosts(lease.document, ctx.now(), reason=reason)
        ctx.records.apply(lease, decision.changes, status=decision.status)
        return False

    async def _end_trials(self, job: Job, record: Document, status: str) -> None:
        """Before the job's last status is written: who sees that one finds the end of the files too."""
        saved = job.kind.saves(record)
        if saved is None:
            return
        ctx = self._ctx
        hosts = record.get("_Hosts", {})
        first = HostName(job.kind.record_kind, job.name, min(hosts, key=_by_number, default="algo-1"))
        try:
            lines = await asyncio.to_thread(ctx.end_trials, saved, first)
        except PlatformError as error:
            log.warning("%s: the end of its files could not be marked: %s", job, error.message)
            return
        if status == "Completed":
            stream = _log_stream(job, record, first.host)
            events = [(int(ctx.now() * 1000), line) for line in lines]
            # The user may have deleted the log.
            with contextlib.suppress(PlatformError):
                ctx.logs.append(job.kind.cluster.log_group, stream, events, ctx.now(), steady=True)

    async def _clean_up(self, job: Job, record: Document | None) -> None:
        """After the end: the next job's turn, and nothing left of the hosts."""
        self._give_back(job)
        if record is None:
            return
        backend = self._ctx.backend
        for handle in record.get("_Hosts", {}).values():
            # It has reported its end, so all that is left for it is to clear up.
            for _ in range(round(POLL_S / 0.05)):
                if await backend.poll(handle) is not None:
                    break
                await asyncio.sleep(0.05)
            await end_and_forget(backend, handle)

    def _record(self, job: Job) -> Document | None:
        return self._ctx.records.find(job.kind.record_kind, job.name)

    def _lease(self, job: Job) -> Lease | None:
        return self._ctx.records.lease(job.kind.record_kind, job.name, holder=self._holder, for_s=LEASE_S)

    def _sizes(self, kind: Kind, record: Document) -> dict[str, HostSize]:
        cluster = kind.cluster.hosts(record)
        return {host.name: self._ctx.host_size(host.instance_type, len(cluster)) for host in cluster}

    def _say(self, job: Job, message: str) -> None:
        """Tells what a job waits for, unless it has started or is to stop. From any thread."""

        def waiting(record: Document) -> Document:
            if (
                job.kind.status(record) != "InProgress"
                or record.get("_Hosts")
                or "_StopRequestedAt" in record
            ):
                raise _WaitsNoMore
            return job.kind.cluster.waiting(record, message)

        # No lease: the transaction itself sees whether the job still waits.
        with contextlib.suppress(RecordMissing, _WaitsNoMore):
            self._ctx.records.update(job.kind.record_kind, job.name, waiting)

    def _give_back(self, job: Job) -> None:
        self._ctx.capacity.leave(job.owner)
        self._places.leave(job.owner)
        self._builds.leave(job)
        self._wake_next()

    def _wake_next(self) -> None:
        following = self._ctx.capacity.next_waiting()
        if following is not None:
            self._care.wake(self._job(following))

    def _job(self, owner: str) -> Job:
        kind, _, name = owner.partition("/")
        return Job(self._kinds[kind], name)


def _share(size: HostSize) -> Share:
    return Share(size.cpus, size.memory_bytes, size.gpus, with_more_memory(size.memory_bytes))


def _log_stream(job: Job, record: Document, host: str) -> str:
    return f"{job.name}/{host}-{round(record['CreationTime'] * 1000)}"


def _by_number(host: str) -> tuple[int, str]:
    return len(host), host
