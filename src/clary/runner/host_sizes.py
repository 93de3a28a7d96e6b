"""What hosts take of the machine, and which of them start at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.compute.capacity import Size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clary.compute.capacity import HostSize
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


def promised(ctx: RunnerContext, cluster: Cluster, sizes: Mapping[str, HostSize]) -> list[Size]:
    """What each host takes. Those that serve take a share of what they may use."""
    share = ctx.serving_overcommit if cluster.serves else 1.0
    return [
        Size(
            (size.promised_cpus or size.cpus) / share,
            int(size.memory_bytes / share),
            size.gpus,
            size.resources,
        )
        for size in sizes.values()
    ]
