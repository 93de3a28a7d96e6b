"""What the machine has, and which cluster may start next.

Clusters start in the order they asked. Memory is never promised twice; CPU is shared, so it is
promised ``cpu_overcommit`` times over. A cluster bigger than the machine is scaled down to it, and
the scaled size says so.
"""

from __future__ import annotations

import os
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
    """What one host gets. ``note`` is a sentence when that is less than its instance type has."""

    cpus: int
    memory_bytes: int
    gpus: int
    note: str = ""


def machine_size() -> Size:
    """This machine: usable cores, memory (a container's limit counts), NVIDIA GPUs."""
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
    """What each of ``count`` hosts of one type gets on this machine."""
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


@dataclass(slots=True)
class Capacity:
    """Who runs and who waits. Not thread-safe: it lives in the runner's loop."""

    machine: Size
    cpu_overcommit: float
    _running: dict[str, Size] = field(default_factory=dict)
    _waiting: dict[str, tuple[float, Size]] = field(default_factory=dict)

    def adopt(self, owner: str, size: Size) -> None:
        """Counts a cluster that runs already."""
        self._running[owner] = size

    def ask(self, owner: str, size: Size, *, since: float) -> bool:
        """Whether the cluster may start now. Until it may, or leaves, it keeps its place (by ``since``)."""
        if owner in self._running:
            return True
        self._waiting[owner] = (since, size)
        if self.ahead_of(owner) > 0:
            return False
        used = sum(self._running.values(), Size(0, 0, 0))
        room = Size(self.machine.cpus * self.cpu_overcommit, self.machine.memory_bytes, self.machine.gpus)
        # A cluster that asks for the whole machine starts when nothing else runs.
        if self._running and not (used + size).fits(room):
            return False
        del self._waiting[owner]
        self._running[owner] = size
        return True

    def ahead_of(self, owner: str) -> int:
        """How many waiting clusters asked before this one."""
        mine = (self._waiting[owner][0], owner)
        return sum((since, other) < mine for other, (since, _) in self._waiting.items())

    def next_waiting(self) -> str | None:
        """Whose turn it is."""
        if not self._waiting:
            return None
        return min((since, owner) for owner, (since, _) in self._waiting.items())[1]

    def leave(self, owner: str) -> None:
        """Gives back what a cluster had, or its place in the queue."""
        self._running.pop(owner, None)
        self._waiting.pop(owner, None)
