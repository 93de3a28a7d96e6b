"""Starts hosts: waits for their environment, then for their turn in the queue, then launches them.

    image ──> builds.py      one build for all that need the same environment
    turn  ──> capacity       in the order in which the records were created; managed spot after the others
    start ──> backend        under a lease, if the record still wants the hosts

All kinds share one queue. Hosts that start together have one place in it, others one each.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clary.compute.backend import BackendAway
from clary.compute.capacity import Placement
from clary.domain.errors import PlatformError

from .builds import Builds
from .host_sizes import groups_of, promised, sizes_of
from .host_start import host_start, launch_hosts, launched_one_by_one, note_software
from .interrupting import interrupt
from .kept import SOON_S, KeptHosts
from .queue_positions import QueuePositions
from .trial_start import begin_saving
from .waiting_message import say_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from clary.compute.capacity import HostSize
    from clary.kinds.decision import RecordKey
    from clary.kinds.hosts import ClusterHost
    from clary.store.records import Lease

    from .context import ReadyImage, RunnerContext
    from .job import Job
    from .servers import Servers

Document = dict[str, Any]

log = logging.getLogger("clary.runner")


class Launcher:
    """Only for the event loop's thread."""

    def __init__(
        self,
        ctx: RunnerContext,
        *,
        servers: Servers,
        wake: Callable[[Job], None],
        refuse: Callable[[Job, str, str], None],
        launched: Callable[[Job, Iterable[str]], None],
        passed_on: Callable[[Job, Job], None],
    ) -> None:
        """refuse: called with a host that can't be started, and why. launched: called with new handles."""
        self._ctx = ctx
        self._servers = servers
        self._wake = wake
        self._refuse = refuse
        self._launched = launched
        self._kept = KeptHosts(ctx, servers, passed_on)
        self._builds = Builds(ctx.images, wake=wake, say=self._say)
        self._positions = QueuePositions(ctx.capacity, self._say_to)
        self._owners: dict[str, Job] = {}
        """The record of each owner that has a part of the machine, or waits for one."""
        self._owned: dict[Job, set[str]] = {}

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        self._builds.begin(tasks)
        tasks.create_task(self._positions.run(), name="positions in the queue")

    def adopted(self, tasks: asyncio.TaskGroup) -> None:
        """Call it when everything that runs was adopted."""
        tasks.create_task(self._ctx.capacity.run(self._wake_owner, self._leaves), name="capacity")

    def adopt(self, job: Job, record: Document) -> None:
        """Counts the capacity of hosts that were started before a restart of the server."""
        cluster = job.kind.cluster
        if cluster is None or not cluster.queues:
            return
        started = [host for host in cluster.hosts(record) if host.name in record.get("_Hosts", {})]
        for group in groups_of(started, together=cluster.together):
            owner = job.owner(group[0].name)
            self._own(job, owner)
            size = promised(self._ctx, cluster, sizes_of(self._ctx, group))
            handles = [record["_Hosts"][host.name] for host in group]
            self._ctx.capacity.adopt(owner, size, handles, yields=cluster.yields(record))

    def adopt_taken_over(self, job: Job, record: Document) -> None:
        """As ``adopt``, once, for hosts that this server has taken over from another one."""
        if job not in self._owned and self._servers.has_taken_over(record):
            self.adopt(job, record)

    async def start(
        self,
        job: Job,
        record: Document,
        hosts: Sequence[ClusterHost],
        records: Mapping[RecordKey, Document | None],
        still_missing: Callable[[Document], set[str]],
    ) -> bool:
        """Starts the hosts whose environment is ready and whose turn has come.

        The others wait, and the record is woken for the next try. Returns False when the record needs another
        look soon. records: those that the kind follows. still_missing: from the present document to the names
        of the hosts that are to be started.
        """
        assert job.kind.cluster is not None
        waits = True
        for group in groups_of(hosts, together=job.kind.cluster.together):
            waits = await self._start(job, record, group, records, still_missing) and waits
        return waits

    def offer(self, job: Job, record: Document) -> None:
        """Offers what an ended record keeps to those that wait, and to those that come."""
        if (match := self._kept.offer(job, record, self._owners)) is not None:
            self._wake(match)

    def leave_unasked(self, job: Job, record: Document) -> None:
        """Takes hosts out of the queue that wait, and that a record no longer asks for."""
        cluster = job.kind.cluster
        if cluster is None or cluster.together or job not in self._owned:
            return
        asked = {host.name for host in cluster.hosts(record)} | record.get("_Hosts", {}).keys()
        left = self._owned[job] - {job.owner(host) for host in asked}
        for owner in left:
            self._give_back(job, owner)
        if left:
            self._wake_next()

    def leave(self, job: Job, hosts: Iterable[str] = ()) -> None:
        """Frees the capacity of hosts, or their positions in the queue. Without names: of all hosts."""
        for owner in {job.owner(host) for host in hosts} or {job.owner(""), *self._owned.get(job, ())}:
            self._give_back(job, owner)
        if not hosts:
            self._kept.withdraw(job)
        self._builds.leave(job)
        self._wake_next()

    async def _start(
        self,
        job: Job,
        record: Document,
        group: Sequence[ClusterHost],
        records: Mapping[RecordKey, Document | None],
        still_missing: Callable[[Document], set[str]],
    ) -> bool:
        ctx, cluster = self._ctx, job.kind.cluster
        assert cluster is not None
        image = None
        if uri := cluster.image(record, group[0].name):
            try:
                image = self._builds.image(job, uri)
            except PlatformError as error:
                for host in group:
                    self._refuse(job, host.name, f"ClientError: {error.message}")
                return True
            if image is None:
                return True
        sizes = sizes_of(ctx, group) if cluster.queues else {}
        places: dict[str, Placement] = {}
        owner = job.owner(group[0].name)
        if cluster.queues:
            self._own(job, owner)
            if not await self._kept.take(job, record, owner):
                asyncio.get_running_loop().call_later(SOON_S, self._wake, job)
                return True
            size = promised(ctx, cluster, sizes)
            since: float = record["_WaitsSince" if "_WaitsSince" in record else "CreationTime"]
            found = ctx.capacity.ask(owner, size, since=since, yields=cluster.yields(record))
            if found is None:
                self._positions.join(owner)
                for other in ctx.capacity.in_the_way(owner):
                    interrupt(ctx, self._owners[other], f"{job} needs its part of the machine")
                return True
            places = {host.name: place for host, place in zip(group, found, strict=True)}
        said = await begin_saving(ctx, job, record, group[0].name)
        lease = self._servers.lease(job)
        if lease is None or not {host.name for host in group} <= still_missing(lease.document):
            self._give_back(job, owner)
            self._wake_next()
            return False
        self._positions.leave(owner)
        self._wake_next()
        lease = self._servers.claim(lease)
        try:
            await self._launch(job, lease, group, sizes, places, image, records, said)
        except BackendAway as error:
            # A node has left since it was chosen. Nothing was started there.
            log.warning("%s can't start now: %s", job, error)
            self._give_back(job, owner)
            self._positions.leave(owner)
            return False
        except PlatformError as error:
            for host in group:
                self._refuse(job, host.name, f"ClientError: {error.message}")
        return True

    async def _launch(
        self,
        job: Job,
        lease: Lease,
        group: Sequence[ClusterHost],
        sizes: Mapping[str, HostSize],
        places: Mapping[str, Placement],
        image: ReadyImage | None,
        records: Mapping[RecordKey, Document | None],
        said: Sequence[str],
    ) -> None:
        """said: lines for the log of the first host. Raises BackendAway when no host was started.

        Raises PlatformError when hosts could not reach the server from where they are to run.
        """
        ctx, cluster, record = self._ctx, job.kind.cluster, lease.document
        assert cluster is not None
        notes = sorted({size.note for size in sizes.values() if size.note})
        if image is not None and image.note:
            notes.insert(0, image.note)
        starts = {
            host.name: host_start(
                ctx,
                job,
                record,
                host.name,
                sizes.get(host.name),
                places.get(host.name, Placement()),
                image,
                () if number else said,
                across_machines=len({place.address for place in places.values()}) > 1,
            )
            for number, host in enumerate(group)
        }
        specs = {
            host: replace(spec, notes=tuple(notes), endpoint=ctx.endpoint_of(starts[host].address))
            for host, spec in cluster.specs(record, starts, endpoint=ctx.endpoint, records=records).items()
        }
        ids = job.host_ids(record)
        self._servers.require_acting()
        self._launched(job, [ids[host] for host in specs])
        handles = await launch_hosts(ctx.backend, specs, ids, starts)
        now = ctx.now()
        found: Document = {"_Notes": notes, **note_software(ctx, image)}
        software = [f"Runs {image.software}"] if image is not None and image.software else []
        if not cluster.together:
            found |= launched_one_by_one(record, starts, handles, now)

        def changes(present: Document) -> Document:
            return {
                **found,
                "_Hosts": {**present.get("_Hosts", {}), **handles},
                **cluster.launched(present, [*software, *notes]),
            }

        ctx.records.apply(lease, changes)

    def _say_to(self, owner: str, message: str) -> None:
        job = self._owners.get(owner)
        if job is not None:
            kept = self._kept.words()
            self._say(job, f"{message}; {kept}" if kept else message)

    def _say(self, job: Job, message: str) -> None:
        say_waiting(self._ctx.records, job, message)

    def _own(self, job: Job, owner: str) -> None:
        self._owners[owner] = job
        self._owned.setdefault(job, set()).add(owner)

    def _give_back(self, job: Job, owner: str) -> None:
        self._ctx.capacity.leave(owner)
        self._positions.leave(owner)
        self._owners.pop(owner, None)
        owned = self._owned.get(job, set())
        owned.discard(owner)
        if not owned:
            self._owned.pop(job, None)

    def _wake_next(self) -> None:
        following = self._ctx.capacity.next_waiting()
        if following is not None:
            self._wake_owner(following)

    def _leaves(self, owner: str, why: str) -> None:
        if owner in self._owners:
            interrupt(self._ctx, self._owners[owner], why)

    def _wake_owner(self, owner: str) -> None:
        if owner in self._owners:
            self._wake(self._owners[owner])
