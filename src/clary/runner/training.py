"""Runs training jobs: leases a record, looks at its hosts, asks ``next_state``, writes what it saw.

Each job that has not ended has one task here. A task wakes when its record changes (a caller's wish,
a host's report, both are commits) and looks by itself now and then, for hosts that die silently.
Every step may be repeated: the server can be killed between any two lines.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from clary.compute.backend import LOST
from clary.domain.errors import PlatformError
from clary.store.records import LeaseLost, RecordMissing

from .cluster import LOG_GROUP, Share, host_specs, instance_groups, members
from .training_state import Decision, HostSeen, end_without_hosts, next_state, waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from clary.compute.backend import Backend
    from clary.compute.capacity import Capacity, HostSize, Size
    from clary.domain.hosts import AgentCredentials, Endpoint, EnvironmentSpec
    from clary.store.logs import LogStore
    from clary.store.metrics import MetricStore
    from clary.store.records import Lease, Records

Document = dict[str, Any]

KIND = "training-job"
HOLDER = "runner"
"""One server holds the state folder, so its runner is always the same holder."""
LEASE_S = 60.0
SAY_EVERY_S = 5.0
"""How often a waiting job tells its place anew."""
POLL_S = 1.0
"""How often a job looks at its hosts when nothing wakes it: how late a killed agent is noticed."""

log = logging.getLogger("clary.runner")


class Images(Protocol):
    """What the runner asks of the environments that image names stand for."""

    async def ready(self, image_uri: str, on_progress: Callable[[str], None]) -> ReadyImage:
        """The environment, built first when it has to be. Raises PlatformError with a reason for the user."""


@dataclass(frozen=True, slots=True)
class ReadyImage:
    environment: EnvironmentSpec
    algorithm: str
    note: str


@dataclass(frozen=True, slots=True)
class RunnerContext:
    """Everything a step touches. ``now`` is the clock (epoch seconds)."""

    records: Records
    logs: LogStore
    metrics: MetricStore
    backend: Backend
    capacity: Capacity
    images: Images
    host_size: Callable[[str, int], HostSize]
    """(instance type, hosts in the cluster) to what one such host gets of this machine."""
    cluster_size: Callable[[list[HostSize]], Size]
    agent_credentials: Callable[[str, str], AgentCredentials]
    """(job name, host name) to the agent's own credentials."""
    endpoint: Endpoint
    now: Callable[[], float]


class TrainingRunner:
    """Takes care of every training job until it has ended."""

    def __init__(self, ctx: RunnerContext) -> None:
        self._ctx = ctx
        self._wakes: dict[str, asyncio.Event] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready: dict[str, ReadyImage] = {}
        self._next_word_at: dict[str, float] = {}

    async def run(self) -> None:
        """Runs until cancelled; hosts go on without it, and the next ``run`` finds them again."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as self._tasks:
            self._ctx.records.on_change(self._on_change)
            unfinished = self._ctx.records.names(KIND, statuses=("InProgress", "Stopping"))
            for name in unfinished:
                self._adopt(name)
            for name in unfinished:
                self._wake(name)
            for handle in await self._left_behind(unfinished):
                self._tasks.create_task(self._end_and_forget(handle), name=f"clear {handle}")
            await asyncio.Event().wait()

    def _on_change(self, kind: str, name: str) -> None:
        if kind == KIND and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, name)

    def _wake(self, name: str) -> None:
        event = self._wakes.get(name)
        if event is not None:
            event.set()
        elif self._tasks is not None:
            self._wakes[name] = asyncio.Event()
            self._tasks.create_task(self._care_for(name), name=f"training-job {name}")

    def _adopt(self, name: str) -> None:
        """Counts what a job of before the restart still holds."""
        record = self._ctx.records.find(KIND, name)
        if record is not None and record.get("_Hosts"):
            self._ctx.capacity.adopt(name, self._ctx.cluster_size(list(self._sizes(record).values())))

    async def _left_behind(self, unfinished: list[str]) -> list[str]:
        """Hosts of jobs that ended, or were deleted, when nobody was there to clear up after them."""
        # By name, not by what the records say: a start that was never written down is still to be found.
        kept = tuple(f"{name}-" for name in unfinished)
        return [handle for handle in await self._ctx.backend.handles() if not handle.startswith(kept)]

    async def _end_and_forget(self, handle: str) -> None:
        backend = self._ctx.backend
        try:
            await backend.stop(handle)
            while await backend.poll(handle) is None:
                await asyncio.sleep(POLL_S)
            await backend.forget(handle)
        except Exception:
            log.exception("what host %s left behind could not be cleared away", handle)

    async def _care_for(self, name: str) -> None:
        event = self._wakes[name]
        try:
            while True:
                event.clear()
                # Woken while it ended: a job of the same name may have been made by now.
                if await self._step(name) and not event.is_set():
                    return
                try:
                    await asyncio.wait_for(event.wait(), POLL_S)
                except TimeoutError:
                    continue
        finally:
            del self._wakes[name]

    async def _step(self, name: str) -> bool:
        """One look at one job; whether it has ended. A bug costs this job's step, never the runner."""
        try:
            return await self._advance(name)
        except (LeaseLost, RecordMissing):
            return False
        except Exception:
            log.exception("training job %s: a step failed and will be repeated", name)
            return False

    async def _advance(self, name: str) -> bool:
        ctx = self._ctx
        record = ctx.records.find(KIND, name)
        if record is None or record["TrainingJobStatus"] not in ("InProgress", "Stopping"):
            await self._clean_up(name, record)
            return True
        if not record.get("_Hosts"):
            return await self._start(name, record)
        exits = {host: await ctx.backend.poll(handle) for host, handle in record["_Hosts"].items()}
        words = {
            host: await ctx.backend.last_words(record["_Hosts"][host])
            for host, code in exits.items()
            if code == LOST
        }
        # Taken after the look at the hosts: a host that is over has said all it had to say by then.
        lease = ctx.records.lease(KIND, name, holder=HOLDER, for_s=LEASE_S)
        if lease is None:
            return False
        reports = lease.document.get("_Reports", {})
        seen = [
            HostSeen(host, reports.get(host), code is not None, words.get(host, ""))
            for host, code in exits.items()
        ]
        decision = next_state(lease.document, seen, ctx.now())
        if decision.stop:
            for handle in lease.document["_Hosts"].values():
                await ctx.backend.stop(handle)
        return await self._apply(lease, decision)

    async def _apply(self, lease: Lease, decision: Decision) -> bool:
        changes = dict(decision.changes)
        if decision.finished:
            changes["FinalMetricDataList"] = self._final_metrics(lease.document)
        if decision.restart:
            for handle in lease.document["_Hosts"].values():
                await self._ctx.backend.forget(handle)
            changes.update({"_Hosts": {}, "_Reports": {}})
            self._give_back(lease.name)
        if changes:
            self._ctx.records.apply(lease, changes, status=decision.status)
        return False

    async def _start(self, name: str, record: Document) -> bool:
        """A job without hosts: its environment, then its turn, then its hosts."""
        ctx = self._ctx
        if "_StopRequestedAt" in record:
            return await self._end_unstarted(name, "")
        try:
            image = await self._image(name, record)
        except PlatformError as error:
            return await self._end_unstarted(name, f"ClientError: {error.message}")
        if image is None:
            return False
        sizes = self._sizes(record)
        if not ctx.capacity.ask(name, ctx.cluster_size(list(sizes.values())), since=record["CreationTime"]):
            if ctx.now() >= self._next_word_at.get(name, 0.0):
                # Places change with every job that starts; a queue of hundreds would write nothing else.
                self._next_word_at[name] = ctx.now() + SAY_EVERY_S
                ahead = ctx.capacity.ahead_of(name)
                message = "Waiting for capacity" + (f": {ahead} jobs asked before this one" if ahead else "")
                self._say(name, record, message)
            return False
        lease = ctx.records.lease(KIND, name, holder=HOLDER, for_s=LEASE_S)
        if lease is None or "_StopRequestedAt" in lease.document:
            self._give_back(name)
            self._wake(name)
            return False
        self._wake_next()
        handles = await self._launch(lease.document, sizes, image)
        notes = [note for note in (image.note, *sorted({size.note for size in sizes.values()})) if note]
        changes: Document = {"_Hosts": handles, "_Notes": notes}
        if notes:
            changes |= waiting(lease.document, "; ".join(notes))
        ctx.records.apply(lease, changes)
        return False

    async def _launch(
        self, record: Document, sizes: dict[str, HostSize], image: ReadyImage
    ) -> dict[str, str]:
        """Host name to handle."""
        ctx = self._ctx
        attempt = record.get("_Attempt", 0)
        name = record["TrainingJobName"]
        # Another attempt goes on in the streams of the one before: the SDK looks for streams only once.
        streams = {host: f"{name}/{host}-{round(record['CreationTime'] * 1000)}" for host in sizes}
        ctx.logs.create_group(LOG_GROUP, ctx.now(), exist_ok=True)
        for stream in streams.values():
            ctx.logs.create_stream(LOG_GROUP, stream, ctx.now(), exist_ok=True)
        specs = host_specs(
            record,
            shares={host: Share(size.cpus, size.memory_bytes, size.gpus) for host, size in sizes.items()},
            environment=image.environment,
            algorithm=image.algorithm,
            endpoint=ctx.endpoint,
            credentials={host: ctx.agent_credentials(name, host) for host in sizes},
            log_streams={
                host: (stream, ctx.logs.stream(LOG_GROUP, stream).event_count)
                for host, stream in streams.items()
            },
        )
        # The record's creation is in the id: a job of the same name, deleted and made again, is another.
        made = hashlib.sha256(repr(record["CreationTime"]).encode()).hexdigest()[:8]
        return {
            host: await ctx.backend.launch(f"{name}-{made}-{attempt}-{host}", spec)
            for host, spec in specs.items()
        }

    async def _image(self, name: str, record: Document) -> ReadyImage | None:
        uri = record["AlgorithmSpecification"]["TrainingImage"]
        ready = self._ready.get(uri)
        # An environment may be removed while the server runs.
        if ready is not None and os.path.lexists(f"{ready.environment.prefix}/bin/python"):
            return ready
        said = ""

        def on_progress(message: str) -> None:
            nonlocal said
            if message != said:
                said = message
                current = self._ctx.records.find(KIND, name)
                if current is not None and current["TrainingJobStatus"] == "InProgress":
                    self._say(name, current, message)

        building = asyncio.ensure_future(self._ctx.images.ready(uri, on_progress))
        # A build takes minutes; a stop in the meantime ends this job at once, and the build goes on
        # for the next job that needs it.
        while not building.done():
            await asyncio.wait({building}, timeout=POLL_S)
            current = self._ctx.records.find(KIND, name)
            if current is None or "_StopRequestedAt" in current:
                building.add_done_callback(lambda task: task.cancelled() or task.exception())
                self._wake(name)
                return None
        ready = building.result()
        self._ready[uri] = ready
        return ready

    async def _end_unstarted(self, name: str, reason: str) -> bool:
        ctx = self._ctx
        lease = ctx.records.lease(KIND, name, holder=HOLDER, for_s=LEASE_S)
        if lease is None:
            return False
        decision = end_without_hosts(lease.document, ctx.now(), reason=reason)
        ctx.records.apply(lease, decision.changes, status=decision.status)
        return False

    async def _clean_up(self, name: str, record: Document | None) -> None:
        """After the end: the next job's turn, and nothing left of the hosts."""
        self._give_back(name)
        if record is None:
            return
        for handle in record.get("_Hosts", {}).values():
            while await self._ctx.backend.poll(handle) is None:
                await asyncio.sleep(0.05)
            await self._ctx.backend.forget(handle)

    def _sizes(self, record: Document) -> dict[str, HostSize]:
        count = sum(group["InstanceCount"] for group in instance_groups(record))
        return {
            member.host_name: self._ctx.host_size(member.instance_type, count) for member in members(record)
        }

    def _say(self, name: str, record: Document, message: str) -> None:
        changes = waiting(record, message)
        lease = self._ctx.records.lease(KIND, name, holder=HOLDER, for_s=LEASE_S) if changes else None
        if lease is not None and not lease.document.get("_Hosts"):
            self._ctx.records.apply(lease, changes)

    def _give_back(self, name: str) -> None:
        self._ctx.capacity.leave(name)
        self._next_word_at.pop(name, None)
        self._wake_next()

    def _wake_next(self) -> None:
        following = self._ctx.capacity.next_waiting()
        if following is not None:
            self._wake(following)

    def _final_metrics(self, record: Document) -> list[Document]:
        return [
            {"MetricName": summary.name, "Value": summary.last, "Timestamp": summary.last_at}
            for summary in self._ctx.metrics.summaries(record["TrainingJobArn"])
            if math.isfinite(summary.last)  # JSON has no other numbers
        ]
