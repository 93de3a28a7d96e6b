"""Keeps the utilization of a host, and that of the instance which it is part of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.kinds.catalogue import all_kinds
from clary.kinds.host_metrics import host_owner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clary.domain.hosts import HostName
    from clary.kinds.cluster import InstanceTotal
    from clary.services.context import Context, Record
    from clary.store.metrics import Point

FRESH_S = 30.0
"""Hosts tell their utilization every 10 s. One that has not for longer has no part in the sum any more."""


def keep_utilization(ctx: Context, record: Record, arn: str, host: HostName, points: Sequence[Point]) -> None:
    """Stores the points of a host. It is no metric of the job: it has an owner of its own."""
    cluster = all_kinds()[host.kind].cluster
    total = None if cluster is None else cluster.total(record, host.host)
    ctx.metrics.append(host_owner(arn, host.host), points)
    if total is not None:
        ctx.metrics.append(total.owner, _summed(ctx, arn, total, points))


def _summed(ctx: Context, arn: str, total: InstanceTotal, points: Sequence[Point]) -> Sequence[Point]:
    """The points of one host, with the last values of the other hosts of its instance added."""
    names = sorted({name for name, _, _, _ in points})
    latest = [ctx.metrics.summaries_of(host_owner(arn, other), names) for other in total.others]
    return [
        (
            name,
            at,
            step,
            value
            + sum(
                known[name].last
                for known in latest
                if name in known and abs(at - known[name].last_at) <= FRESH_S
            ),
        )
        for name, at, step, value in points
    ]
