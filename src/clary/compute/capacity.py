"""The capacity of the machine, and which cluster may start next.

Clusters start in the order of their requests; those that yield (managed spot) after all others, and where
one of the others needs their part, they are in its way. Memory is never promised twice; CPU is shared, so it
is promised ``cpu_overcommit`` times. A cluster bigger than the machine is scaled down, and its size has a
note that says so.
"""

from __future__ import annotations

import os
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clary.compute.instances import InstanceType


@dataclass(frozen=True, slots=True)
class Size:
    """CPU in vCPUs, memory in bytes, GPUs in devices."""

    cpus: float
    memory_bytes: int
    gpus: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(self.cpus + other.cpus, self.memory_bytes + other.memory_bytes, self.gpus + other.gpus)

    def fits(self, room: Size) -> bool:
        return self.cpus <= room.cpus and self.memory_bytes <= room.memory_bytes and self.gpus <= room.gpus


@dataclass(frozen=True, slots=True)
class HostSize:
    """The share of one host. ``note`` is a sentence if that is less than its instance type has."""

    cpus: int
    memory_bytes: int
    gpus: int
    note: str = ""


def machine_size() -> Size:
    """Returns the size of this machine: usable cores, memory (or the container's limit), NVIDIA GPUs."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        try:
            memory = min(memory, int(limit.read_text()))
        except (OSError, ValueError):
            continue
    gpus = (
        len(list(Path("/proc/driver/nvidia/gpus").glob("*")))
        if Path("/proc/driver/nvidia/gpus").exists()
        else 0
    )
    return Size(cpus, memory, gpus)


def scale(instance: InstanceType, count: int, machine: Size) -> HostSize:
    """Returns the share of each of ``count`` hosts of one type on this machine."""
    cpus = max(1, min(instance.vcpus, int(machine.cpus)))
    memory = min(instance.memory_bytes, machine.memory_bytes // count)
    gpus = min(instance.gpus, machine.gpus // count)
    short = []
    if cpus < instance.vcpus:
        short.append(f"{cpus} of its {instance.vcpus} vCPUs")
    if memory < instance.memory_bytes:
        short.append(f"{memory / 2**30:.1f} of its {instance.memory_bytes / 2**30:.0f} GiB of memory")
    if gpus < instance.gpus:
        short.append(f"{gpus} of its {instance.gpus} GPUs")
    note = f"{instance.name} is scaled down to this machine: {', '.join(short)}" if short else ""
    return HostSize(cpus, memory, gpus, note)


@dataclass(frozen=True, slots=True, order=True)
class _Request:
    """A waiting cluster, in the order of the queue. since: the time of its first request."""

    yields: bool
    since: float
    owner: str
    size: Size = field(compare=False)


@dataclass(slots=True)
class Capacity:
    """Running and waiting clusters. Not thread-safe: for the runner's loop only."""

    machine: Size
    cpu_overcommit: float
    _running: dict[str, Size] = field(default_factory=dict)
    """In the order of their starts."""
    _used: Size = Size(0, 0, 0)
    _yielding: set[str] = field(default_factory=set)
    """Those of the running clusters that yield."""
    _waiting: dict[str, _Request] = field(default_factory=dict)
    _order: list[_Request] = field(default_factory=list)
    """The same, sorted, so that a position is found by bisection."""

    def adopt(self, owner: str, size: Size, *, yields: bool = False) -> None:
        """Counts a cluster that is already running."""
        self._running[owner] = size
        self._used += size
        if yields:
            self._yielding.add(owner)

    def ask(self, owner: str, size: Size, *, since: float, yields: bool = False) -> bool:
        """Returns whether the cluster may start now. Otherwise it keeps its position (by ``since``).

        yields: it waits behind all clusters that do not.
        """
        if owner in self._running:
            return True
        if owner not in self._waiting:
            request = _Request(yields, since, owner, size)
            self._waiting[owner] = request
            insort(self._order, request)
        if self._order[0].owner != owner:
            return False
        # A cluster that asks for the whole machine starts when nothing else runs.
        if self._running and not (self._used + size).fits(self._room()):
            return False
        self._forget_position(owner)
        self.adopt(owner, size, yields=yields)
        return True

    def in_the_way(self, owner: str) -> list[str]:
        """Returns the running clusters that have to end so that this waiting one fits, the newest first.

        Only clusters that yield, and only as many as needed; none if that would not be enough, or if another
        cluster waits before this one.
        """
        request = self._order[0] if self._order else None
        if request is None or request.owner != owner or request.yields:
            return []
        left, found = dict(self._running), list[str]()
        for each in reversed(self._running):
            if not left or (sum(left.values(), Size(0, 0, 0)) + request.size).fits(self._room()):
                break
            if each in self._yielding:
                found.append(each)
                del left[each]
        enough = not left or (sum(left.values(), Size(0, 0, 0)) + request.size).fits(self._room())
        return found if enough else []

    def ahead_of(self, owner: str) -> int:
        """Returns the number of waiting clusters before this one."""
        return bisect_left(self._order, self._waiting[owner])

    def is_waiting(self, owner: str) -> bool:
        return owner in self._waiting

    def waiting(self, first: int = 0, count: int | None = None) -> list[str]:
        """Returns waiting clusters in order, from a position on (counted from 0)."""
        return [each.owner for each in self._order[first : None if count is None else first + count]]

    def next_waiting(self) -> str | None:
        """Returns the cluster that may start next."""
        return self._order[0].owner if self._order else None

    def taken(self) -> tuple[Size, int, int]:
        """Returns the share that runs, and how many clusters run and wait. Safe to call from any thread."""
        return self._used, len(self._running), len(self._order)

    def move(self, owner: str, to: str, *, yields: bool = False) -> bool:
        """Gives a running cluster's capacity to another owner; it is never free in between.

        Returns False, and changes nothing, when the cluster does not run.
        """
        size = self._running.pop(owner, None)
        if size is None:
            return False
        self._yielding.discard(owner)
        if to in self._waiting:
            self._forget_position(to)
        self._used = sum(self._running.values(), Size(0, 0, 0))
        self.adopt(to, size, yields=yields)
        return True

    def leave(self, owner: str) -> None:
        """Frees a cluster's capacity, or removes it from the queue."""
        if self._running.pop(owner, None) is not None:
            self._yielding.discard(owner)
            # Computed again: fractions of a core, once added and subtracted, do not sum to exactly zero.
            self._used = sum(self._running.values(), Size(0, 0, 0))
        if owner in self._waiting:
            self._forget_position(owner)

    def _room(self) -> Size:
        return Size(self.machine.cpus * self.cpu_overcommit, self.machine.memory_bytes, self.machine.gpus)

    def _forget_position(self, owner: str) -> None:
        del self._order[bisect_left(self._order, self._waiting.pop(owner))]
