"""The capacity of a Ray cluster: what Ray admits.

A waiting cluster of hosts is a placement group that Ray has not placed yet, so the cluster's autoscaler sees
it. The first ``WINDOW`` of the queue are asked for; those behind them wait here. Which of those that are
asked for comes first, Ray decides: one that fits goes ahead of one that does not. Those for which the
autoscaler can add no node take no part of the window, up to ``MOST``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clary.compute.backend import BackendAway
from clary.compute.capacity import HostSize, Placement, Size
from clary.compute.waiting_line import WaitingLine

from .sizes import asked_resources, fitted, in_the_way, room_for

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from clary.compute.instances import InstanceType

    from .link import DriverLink

WINDOW, MOST = 32, 128
AGAIN_S, REFUSED_S = 1.0, 5.0

log = logging.getLogger("clary.compute")


@dataclass(slots=True)
class _Holding:
    """What an owner holds, or waits for. places: None while it waits, or while they are not known."""

    hosts: Sequence[Size]
    yields: bool
    handles: Sequence[str] = ()
    places: Sequence[Placement] | None = None
    task: asyncio.Task[None] | None = None


class ClusterCapacity:
    """As ``Capacity``."""

    def __init__(
        self, link: DriverLink, *, scales: bool, resources: Sequence[tuple[str, str, float]] = ()
    ) -> None:
        """scales: the cluster's autoscaler may add nodes, so no host is scaled down.

        resources: what hosts of an instance type ask for besides: a pattern of its name, a resource of Ray,
        and how much of it.
        """
        self._link = link
        self._resources = resources
        self._scales = scales
        self._running: dict[str, _Holding] = {}
        self._waiting: dict[str, _Holding] = {}
        self._line = WaitingLine()
        self._used = Size(0, 0, 0)
        self._wake: Callable[[str], None] = lambda owner: None
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def size(self) -> Size:
        return sum(self._nodes(), Size(0, 0, 0))

    def host_size(self, instance: InstanceType, count: int) -> HostSize:
        asked = asked_resources(self._resources, instance.name)
        if self._scales:
            found = HostSize(instance.vcpus, instance.memory_bytes, instance.gpus)
        else:
            found = fitted(instance, count, list(self._able(asked).values()))
        return replace(found, resources=asked)

    def adopt(
        self, owner: str, hosts: Sequence[Size], handles: Sequence[str] = (), *, yields: bool = False
    ) -> None:
        self._running[owner] = _Holding(hosts, yields, handles)
        self._count()

    def ask(
        self, owner: str, hosts: Sequence[Size], *, since: float, yields: bool = False
    ) -> Sequence[Placement] | None:
        running = self._running.get(owner)
        if running is not None:
            return running.places
        self._line.join(owner, since, yields=yields)
        waiting = self._waiting.setdefault(owner, _Holding(hosts, yields))
        if list(waiting.hosts) != list(hosts):
            # Nodes have joined or left, and it is scaled down to others.
            waiting.hosts = hosts
            if waiting.task is not None:
                waiting.task.cancel()
                waiting.task = None
        self._ask_first()
        return None

    def in_the_way(self, owner: str) -> list[str]:
        first = self._line.first()
        if first is None or first.owner != owner or first.yields or self._scales:
            return []
        held = [
            (name, holding.yields, [place.address for place in holding.places or ()], holding.hosts)
            for name, holding in reversed(self._running.items())
        ]
        hosts = self._waiting[owner].hosts
        return in_the_way(hosts, self._able(hosts[0].resources), held)

    def move(self, owner: str, to: str, *, yields: bool = False) -> bool:
        holding = self._running.pop(owner, None)
        if holding is None:
            return False
        waited = self._waiting.pop(to, None)
        if waited is not None and waited.task is not None:
            waited.task.cancel()
        self._line.leave(to)
        holding.yields = yields
        self._running[to] = holding
        # A driver that does not hear of it makes a group for the new owner, where its hosts are.
        self._later(self._moved(owner, to))
        return True

    def leave(self, owner: str) -> None:
        left = self._running.pop(owner, None) or self._waiting.pop(owner, None)
        if left is None:
            return
        self._line.leave(owner)
        self._count()
        if left.task is not None:
            left.task.cancel()
        self._later(self._release(owner))
        self._ask_first()

    def ahead_of(self, owner: str) -> int:
        return self._line.ahead_of(owner)

    def is_waiting(self, owner: str) -> bool:
        return owner in self._line

    def waiting(self, first: int = 0, count: int | None = None) -> list[str]:
        return self._line.owners(first, count)

    def waits_for(self, owner: str) -> str:
        if self._link.trouble:
            return self._link.trouble
        holding = self._waiting.get(owner)
        if holding is None or not holding.hosts:
            return ""
        none = ", and its autoscaler can add none now" if owner in self._link.no_node_for else ""
        return room_for(holding.hosts) + none

    def next_waiting(self) -> str | None:
        return None

    def taken(self) -> tuple[Size, int, int]:
        return self._used, len(self._running), len(self._line)

    async def run(self, wake: Callable[[str], None], leaves: Callable[[str, str], None]) -> None:
        """Holds in every new driver what is held: Ray may have forgotten it."""
        self._wake = wake
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server ends
                loop.call_soon_threadsafe(changed.set)

        self._link.on_change = tell
        known, nodes = 0, self._nodes()
        while True:
            changed.clear()
            if self._link.generation != known:
                with contextlib.suppress(BackendAway):
                    await self._hold_everything()
                    known = self._link.generation
            if self._nodes() != nodes:
                nodes = self._nodes()
                for owner in self._line.owners():
                    self._wake(owner)
            self._tell_leaving(leaves)
            self._ask_first()
            self._begin_link()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    await changed.wait()

    def _tell_leaving(self, leaves: Callable[[str, str], None]) -> None:
        """Tells of the nodes that Ray drains: each second, since hosts may have started a moment ago."""
        leaving = {
            each["Address"]: each["LeavesAt"] for each in self._link.nodes if each["LeavesAt"] is not None
        }
        for owner, holding in list(self._running.items()) if leaving else ():
            for place in holding.places or ():
                if place.address in leaving:
                    leaves(owner, f"its node {place.address} is about to leave the cluster")
                    break

    def _begin_link(self) -> None:
        with contextlib.suppress(BackendAway):
            self._link.begin()

    async def _hold_everything(self) -> None:
        held = [_asked(owner, holding) for owner, holding in self._running.items()]
        await self._link.ask("retain", held=held, waiting=list(self._waiting))
        for owner, holding in list(self._running.items()):
            if holding.task is None or holding.task.done():
                holding.task = asyncio.create_task(self._reserve(owner, holding), name=f"hold {owner}")

    def _ask_first(self) -> None:
        if not self._link.generation:
            return  # how large a host may be is known when the nodes are
        for owner in self._line.owners(0, min(MOST, WINDOW + len(self._link.no_node_for))):
            holding = self._waiting[owner]
            if holding.task is None:
                holding.task = asyncio.create_task(self._reserve(owner, holding), name=f"reserve {owner}")

    async def _reserve(self, owner: str, holding: _Holding) -> None:
        """Waits until Ray has placed a cluster, however often the driver dies meanwhile."""
        while True:
            try:
                nodes = await self._link.ask("reserve", **_asked(owner, holding))
            except BackendAway:
                await asyncio.sleep(AGAIN_S)
            except RuntimeError as error:
                log.warning("%s can't be placed: %s", owner, error)
                await asyncio.sleep(REFUSED_S)
            else:
                break
        holding.places = [
            Placement(node["Address"], node["Interface"], tuple(node["Gpus"])) for node in nodes
        ]
        if self._waiting.pop(owner, None) is not None:
            self._line.leave(owner)
            self._running[owner] = holding
            self._count()
            self._ask_first()
        # It may have moved to another owner meanwhile, who waits to know where.
        self._wake(next((name for name, held in self._running.items() if held is holding), owner))

    async def _release(self, owner: str) -> None:
        while owner not in self._running and owner not in self._waiting:
            try:
                await self._link.ask("release", owner=owner)
            except BackendAway:
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def _moved(self, owner: str, to: str) -> None:
        with contextlib.suppress(BackendAway):
            await self._link.ask("move", owner=owner, to=to)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _count(self) -> None:
        held = (size for holding in self._running.values() for size in holding.hosts)
        self._used = sum(held, Size(0, 0, 0))

    def _nodes(self) -> list[Size]:
        return list(self._able(()).values())

    def _able(self, resources: Sequence[tuple[str, float]]) -> dict[str, Size]:
        """The nodes that have what a host asks for besides, by their addresses."""
        return {
            node["Address"]: Size(node["Cpus"], node["MemoryBytes"], node["Gpus"])
            for node in self._link.nodes
            if all(node["Resources"].get(name, 0) >= amount for name, amount in resources)
        }


def _asked(owner: str, holding: _Holding) -> dict[str, Any]:
    return {
        "owner": owner,
        "bundles": [_bundle(size) for size in holding.hosts],
        "spread": len(holding.hosts) > 1,
        "hosts": list(holding.handles),
        "addresses": [place.address for place in holding.places or ()],
    }


def _bundle(size: Size) -> dict[str, float]:
    bundle: dict[str, float] = {"CPU": max(0.01, round(size.cpus, 2)), "memory": size.memory_bytes}
    bundle |= dict(size.resources)
    return {**bundle, "GPU": size.gpus} if size.gpus else bundle
