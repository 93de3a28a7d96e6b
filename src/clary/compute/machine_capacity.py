"""The capacity of this machine.

Clusters start in the order of their requests; those that yield (managed spot) after all others, and where
one of the others needs their part, they are in its way. Memory is never promised twice; CPU is shared, so it
is promised ``cpu_overcommit`` times. A cluster bigger than the machine is scaled down, and its size has a
note that says so.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .capacity import HostSize, Placement, Size
from .waiting_line import WaitingLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clary.compute.instances import InstanceType


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


NOTHING = Size(0, 0, 0)


@dataclass(slots=True)
class MachineCapacity:
    """As ``Capacity``. Hosts that start have loopback addresses of their own."""

    size: Size
    cpu_overcommit: float
    _running: dict[str, Size] = field(default_factory=dict)
    """In the order of their starts."""
    _used: Size = field(default=NOTHING)
    _yielding: set[str] = field(default_factory=set)
    """Those of the running clusters that yield."""
    _asked: dict[str, Size] = field(default_factory=dict)
    """What those that wait want."""
    _line: WaitingLine = field(default_factory=WaitingLine)

    def host_size(self, instance: InstanceType, count: int) -> HostSize:
        return scale(instance, count, self.size)

    def adopt(
        self, owner: str, hosts: Sequence[Size], handles: Sequence[str] = (), *, yields: bool = False
    ) -> None:
        self._run(owner, self._together(hosts), yields=yields)

    def ask(
        self, owner: str, hosts: Sequence[Size], *, since: float, yields: bool = False
    ) -> Sequence[Placement] | None:
        here = [Placement()] * len(hosts)
        if owner in self._running:
            return here
        self._line.join(owner, since, yields=yields)
        size = self._asked.setdefault(owner, self._together(hosts))
        if self._line.ahead_of(owner):
            return None
        # A cluster that asks for the whole machine starts when nothing else runs.
        if self._running and not (self._used + size).fits(self._room()):
            return None
        self._wait_no_more(owner)
        self._run(owner, size, yields=yields)
        return here

    def in_the_way(self, owner: str) -> list[str]:
        first = self._line.first()
        if first is None or first.owner != owner or first.yields:
            return []
        left, found, size = dict(self._running), list[str](), self._asked[owner]
        for each in reversed(self._running):
            if not left or (sum(left.values(), NOTHING) + size).fits(self._room()):
                break
            if each in self._yielding:
                found.append(each)
                del left[each]
        enough = not left or (sum(left.values(), NOTHING) + size).fits(self._room())
        return found if enough else []

    def ahead_of(self, owner: str) -> int:
        return self._line.ahead_of(owner)

    def is_waiting(self, owner: str) -> bool:
        return owner in self._line

    def waiting(self, first: int = 0, count: int | None = None) -> list[str]:
        return self._line.owners(first, count)

    def waits_for(self, owner: str) -> str:
        return ""

    def next_waiting(self) -> str | None:
        first = self._line.first()
        return None if first is None else first.owner

    def taken(self) -> tuple[Size, int, int]:
        return self._used, len(self._running), len(self._line)

    def move(self, owner: str, to: str, *, yields: bool = False) -> bool:
        size = self._running.pop(owner, None)
        if size is None:
            return False
        self._yielding.discard(owner)
        self._wait_no_more(to)
        self._used = sum(self._running.values(), NOTHING)
        self._run(to, size, yields=yields)
        return True

    def leave(self, owner: str) -> None:
        if self._running.pop(owner, None) is not None:
            self._yielding.discard(owner)
            # Computed again: fractions of a core, once added and subtracted, do not sum to exactly zero.
            self._used = sum(self._running.values(), NOTHING)
        self._wait_no_more(owner)

    async def run(self, wake: Callable[[str], None], leaves: Callable[[str, str], None]) -> None:
        """Nothing to do: whoever leaves wakes the next one."""

    def _run(self, owner: str, size: Size, *, yields: bool) -> None:
        self._running[owner] = size
        self._used += size
        if yields:
            self._yielding.add(owner)

    def _wait_no_more(self, owner: str) -> None:
        self._asked.pop(owner, None)
        self._line.leave(owner)

    def _room(self) -> Size:
        return Size(self.size.cpus * self.cpu_overcommit, self.size.memory_bytes, self.size.gpus)

    def _together(self, hosts: Sequence[Size]) -> Size:
        """The share of the machine that a cluster takes, at most all of it."""
        total = sum(hosts, NOTHING)
        cpus = min(total.cpus, self.size.cpus)
        return Size(cpus, min(total.memory_bytes, self.size.memory_bytes), total.gpus)
