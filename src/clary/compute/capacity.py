"""The interface of a capacity: what hosts may have, and which cluster may start next.

MachineCapacity        of this machine (``machine_capacity.py``)
ClusterCapacity        of a Ray cluster (``backends/ray/capacity.py``)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clary.compute.instances import InstanceType


@dataclass(frozen=True, slots=True)
class Size:
    """CPU in vCPUs, memory in bytes, GPUs in devices.

    resources: further resources of a cluster that a host asks for, by their names.
    """

    cpus: float
    memory_bytes: int
    gpus: int = 0
    resources: tuple[tuple[str, float], ...] = ()

    def __add__(self, other: Size) -> Size:
        return Size(self.cpus + other.cpus, self.memory_bytes + other.memory_bytes, self.gpus + other.gpus)

    def fits(self, room: Size) -> bool:
        return self.cpus <= room.cpus and self.memory_bytes <= room.memory_bytes and self.gpus <= room.gpus


@dataclass(frozen=True, slots=True)
class HostSize:
    """The share of one host. ``note`` is a sentence if that is less than its instance type has.

    promised_cpus: what it takes of the cores, where that is less than one; 0: ``cpus``.
    resources: as of Size.
    """

    cpus: int
    memory_bytes: int
    gpus: int
    note: str = ""
    promised_cpus: float = 0.0
    resources: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a host is to run. address: of its node; empty: on this machine, at a loopback address of its own.

    interface: the network interface that has the address. gpu_ids: the GPUs of the node that the host may
    use; empty where nobody divides them.
    """

    address: str = ""
    interface: str = ""
    gpu_ids: tuple[str, ...] = ()


class Capacity(Protocol):
    """Running and waiting clusters. For the event loop of the runner only, where nothing else is said."""

    @property
    def size(self) -> Size:
        """All that there is. Safe to read from any thread."""
        ...

    def host_size(self, instance: InstanceType, count: int) -> HostSize:
        """Returns the share of each of ``count`` hosts of one type. Safe to call from any thread."""
        ...

    def adopt(
        self, owner: str, hosts: Sequence[Size], handles: Sequence[str] = (), *, yields: bool = False
    ) -> None:
        """Counts a cluster that is already running. handles: of its hosts, in their order."""
        ...

    def ask(
        self, owner: str, hosts: Sequence[Size], *, since: float, yields: bool = False
    ) -> Sequence[Placement] | None:
        """Returns where the hosts of a cluster may start now; None while it waits.

        A cluster that waits keeps its position, by ``since``. yields (managed spot): it waits behind all
        clusters that do not, and where one of these needs its part, it is in its way.
        """
        ...

    def in_the_way(self, owner: str) -> list[str]:
        """Returns the running clusters that have to end so that this waiting one fits, the newest first.

        Only clusters that yield, and only as many as needed; none if that would not be enough, or if another
        cluster waits before this one.
        """
        ...

    def move(self, owner: str, to: str, *, yields: bool = False) -> bool:
        """Gives a running cluster's capacity to another owner; it is never free in between.

        Returns False, and changes nothing, when the cluster does not run.
        """
        ...

    def leave(self, owner: str) -> None:
        """Frees a cluster's capacity, or removes it from the queue."""
        ...

    def ahead_of(self, owner: str) -> int:
        """Returns the number of waiting clusters before this one."""
        ...

    def is_waiting(self, owner: str) -> bool: ...

    def waiting(self, first: int = 0, count: int | None = None) -> list[str]:
        """Returns waiting clusters in order, from a position on (counted from 0)."""
        ...

    def waits_for(self, owner: str) -> str:
        """Returns what a waiting cluster waits for, in words; empty for the end of others."""
        ...

    def next_waiting(self) -> str | None:
        """Returns the cluster that may start next; None where ``run`` tells which one may."""
        ...

    def taken(self) -> tuple[Size, int, int]:
        """Returns the share that runs, and how many clusters run and wait. Safe to call from any thread."""
        ...

    async def run(self, wake: Callable[[str], None], leaves: Callable[[str, str], None]) -> None:
        """Calls ``wake(owner)`` when a waiting cluster may start. Call it when all was adopted.

        Calls ``leaves(owner, why)`` when a machine of a running cluster is about to leave.
        """
        ...
