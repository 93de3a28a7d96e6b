"""Counts snapshots in which a GPU waits while another device is busy. Two rules share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .finding import Finding
from .profile_rule import RuleReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .profile import Profile

MAX_TIMES = 1000


@dataclass(slots=True)
class BottleneckReport(RuleReport):
    """Counts of snapshots by node.

    seen: with a GPU. low_gpu: of these, with a GPU of low utilization. bottlenecks: of these, with the other
    device busy; times_s are their times (epoch seconds).
    """

    seen: dict[str, int] = field(default_factory=dict)
    low_gpu: dict[str, int] = field(default_factory=dict)
    bottlenecks: dict[str, int] = field(default_factory=dict)
    times_s: list[float] = field(default_factory=list)


def count_bottlenecks(
    profile: Profile, report: BottleneckReport, *, busy: str, busy_above: float, gpu_below: float
) -> None:
    """Adds the newest window to the counts.

    busy: the snapshot value that must be above ``busy_above`` percent while the GPU is below ``gpu_below``.
    """
    for node in profile.nodes():
        lowest_gpu, highest = profile.fresh_snapshot(node, "gpu_min"), profile.fresh_snapshot(node, busy)
        known = ~(np.isnan(lowest_gpu) | np.isnan(highest))
        low = known & (lowest_gpu < gpu_below)
        waiting = low & (highest > busy_above)
        for counts, which in ((report.seen, known), (report.low_gpu, low), (report.bottlenecks, waiting)):
            counts[node] = counts.get(node, 0) + int(np.count_nonzero(which))
        room = MAX_TIMES - len(report.times_s)
        report.times_s += profile.fresh_snapshot(node, "time_s")[waiting][:room].tolist()


def evaluate_bottlenecks(
    profile: Profile, report: BottleneckReport, *, what: str, threshold: float, patience: int
) -> Iterator[Finding]:
    """Updates the report, and fires for a node with too many bottlenecks.

    That is: more than ``patience`` snapshots, of which more than ``threshold`` percent are bottlenecks.
    what: the cause, for the message.
    """
    report.datapoints = sum(report.seen.values())
    report.violations = sum(report.bottlenecks.values())
    report.details = {
        "low_gpu_utilization": sum(report.low_gpu.values()),
        "bottlenecks": report.times_s,
        "nodes": {
            node: 100.0 * report.bottlenecks[node] / max(seen, 1) for node, seen in report.seen.items()
        },
    }
    for node, seen in report.seen.items():
        percent = report.details["nodes"][node]
        if seen > patience and percent > threshold:
            report.triggered += 1
            message = f"in {percent:.0f}% of {seen} looks a GPU waited while {what}"
            yield Finding(profile.window.number, node, percent, threshold, message)
