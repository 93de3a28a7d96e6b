"""What hosts take of the machine, and which of them start at the same time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.compute.capacity import HostSize, Size
    from clary.kinds.cluster import Cluster
    from clary.kinds.hosts import ClusterHost

    from .context import RunnerContext


def groups_of(hosts: Sequence[ClusterHost], *, together: bool) -> list[Sequence[ClusterHost]]:
    """The hosts in groups that start at the same time."""
    if together:
        return [hosts] if hosts else []
    return [[host] for host in hosts]


def sizes_of(ctx: RunnerContext, group: Sequence[ClusterHost]) -> dict[str, HostSize]:
    """Host name to what the host may use."""
    return {host.name: ctx.host_size(host.instance_type, len(group)) for host in group}


def promised(ctx: RunnerContext, cluster: Cluster, sizes: Mapping[str, HostSize]) -> Size:
    """What hosts take of the machine. Those that serve take a share of what they may use."""
    size = ctx.cluster_size(list(sizes.values()))
    if not cluster.serves:
        return size
    share = ctx.serving_overcommit
    return replace(size, cpus=size.cpus / share, memory_bytes=int(size.memory_bytes / share))
