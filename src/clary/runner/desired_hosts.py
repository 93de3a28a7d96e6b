"""The hosts that a decision wants and that are not there, and those that it does not want. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.kinds.decision import Desired

if TYPE_CHECKING:
    from clary.kinds.decision import Decision
    from clary.kinds.hosts import ClusterHost
    from clary.kinds.kind import Kind

Document = dict[str, Any]


def missing(kind: Kind, record: Document, decision: Decision) -> list[ClusterHost]:
    """The hosts that are desired and were not started."""
    started, cluster = record.get("_Hosts", {}), kind.cluster
    if cluster is None or decision.hosts not in (Desired.UNTIL_THEY_END, Desired.FOR_EVER):
        return []
    if cluster.together and started and decision.hosts is Desired.UNTIL_THEY_END:
        return []
    return [host for host in cluster.hosts(record) if host.name not in started]


def unwanted(kind: Kind, record: Document, decision: Decision) -> list[str]:
    """The names of started hosts that are not desired."""
    started = record.get("_Hosts", {})
    if decision.finished:
        # They have reported their end, or are ended with the record: an agent that exits is not disturbed.
        return []
    if decision.hosts is Desired.NONE:
        return list(started)
    if decision.hosts is Desired.FOR_EVER and kind.cluster is not None:
        named = {host.name for host in kind.cluster.hosts(record)}
        return [host for host in started if host not in named]
    return []
