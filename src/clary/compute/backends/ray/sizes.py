"""What a host of an instance type gets on the nodes that there are."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from clary.compute.capacity import HostSize, Size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.compute.instances import InstanceType


def fitted(instance: InstanceType, count: int, nodes: Sequence[Size]) -> HostSize:
    """Returns the largest share, up to the whole type, that ``count`` hosts have at the same time.

    Without a node that could run one, the whole type: it waits for a node.
    """
    wanted = Size(instance.vcpus, instance.memory_bytes, instance.gpus)
    able = [node for node in nodes if node.cpus >= 1 and node.memory_bytes > 0]
    for size in _candidates(wanted, count, able):
        if sum(_times(size, node) for node in able) >= count:
            return HostSize(
                max(1, int(size.cpus)),
                size.memory_bytes,
                size.gpus,
                _note(instance, size),
                promised_cpus=size.cpus,
            )
    return HostSize(instance.vcpus, instance.memory_bytes, instance.gpus)


def asked_resources(patterns: Sequence[tuple[str, str, float]], name: str) -> tuple[tuple[str, float], ...]:
    """Returns what an instance type asks for by its name, for example of ``("ml.p4d.*", "a100", 1)``."""
    found = {resource: amount for pattern, resource, amount in patterns if fnmatchcase(name, pattern)}
    return tuple(sorted(found.items()))


def room_for(hosts: Sequence[Size]) -> str:
    """Says what hosts of one size wait for."""
    count, size = len(hosts), hosts[0]
    gpus = f" and {size.gpus} GPUs" if size.gpus else ""
    nodes = "a node" if count == 1 else f"room for {count} hosts"
    return (
        f"{nodes} of the cluster with {size.cpus:g} vCPUs, "
        f"{size.memory_bytes / 2**30:.1f} GiB of memory{gpus}{'' if count == 1 else ' each'}"
        f"{''.join(f', that has {name}' for name, _ in size.resources)}"
    )


def in_the_way(
    wanted: Sequence[Size],
    nodes: Mapping[str, Size],
    held: Sequence[tuple[str, bool, Sequence[str], Sequence[Size]]],
) -> list[str]:
    """Returns the owners that have to end so that hosts fit, as ``Capacity.in_the_way`` promises.

    held: (owner, whether it yields, the nodes of its hosts, their sizes), the newest first.
    """
    left, found = list(held), list[str]()
    for each in held:
        if _fit(wanted, nodes, left):
            break
        if each[1]:
            found.append(each[0])
            left.remove(each)
    return found if _fit(wanted, nodes, left) else []


def _fit(
    wanted: Sequence[Size],
    nodes: Mapping[str, Size],
    held: Sequence[tuple[str, bool, Sequence[str], Sequence[Size]]],
) -> bool:
    """Whether there is room for hosts, beside what is held: the largest first, each on the emptiest node."""
    free = dict(nodes)
    for _, _, addresses, sizes in held:
        for address, size in zip(addresses, sizes, strict=False):
            if address in free:
                free[address] = _less(free[address], size)
    for size in sorted(wanted, key=lambda size: (-size.gpus, -size.memory_bytes)):
        able = [address for address, room in free.items() if size.fits(room)]
        if not able:
            return False
        best = max(able, key=lambda address: (free[address].memory_bytes, free[address].cpus))
        free[best] = _less(free[best], size)
    return True


def _less(room: Size, size: Size) -> Size:
    # Fractions of a core, once added, do not sum to exactly what there is.
    cpus = round(room.cpus - size.cpus, 6)
    return Size(cpus, room.memory_bytes - size.memory_bytes, room.gpus - size.gpus)


def _candidates(wanted: Size, count: int, nodes: Sequence[Size]) -> list[Size]:
    """The whole, what each sort of node has, and parts of these, the largest first."""
    parts = {
        Size(
            min(wanted.cpus, int(node.cpus / part * 100) / 100),
            min(wanted.memory_bytes, node.memory_bytes // part),
            min(wanted.gpus, node.gpus // part),
        )
        for part in range(1, count + 1)
        for node in set(nodes)
    }
    return sorted({wanted, *parts}, key=lambda size: (-size.gpus, -size.memory_bytes, -size.cpus))


def _times(size: Size, node: Size) -> int:
    """How many hosts of a size a node has room for."""
    found = [node.memory_bytes // max(1, size.memory_bytes), int(node.cpus / max(size.cpus, 0.01) + 1e-6)]
    return min([*found, node.gpus // size.gpus] if size.gpus else found)


def _note(instance: InstanceType, size: Size) -> str:
    short = []
    if size.cpus < instance.vcpus:
        short.append(f"{size.cpus:g} of its {instance.vcpus} vCPUs")
    if size.memory_bytes < instance.memory_bytes:
        have, full = size.memory_bytes / 2**30, instance.memory_bytes / 2**30
        short.append(f"{have:.1f} of its {full:.0f} GiB of memory")
    if size.gpus < instance.gpus:
        short.append(f"{size.gpus} of its {instance.gpus} GPUs")
    return f"{instance.name} is scaled down to the nodes of the cluster: {', '.join(short)}" if short else ""
