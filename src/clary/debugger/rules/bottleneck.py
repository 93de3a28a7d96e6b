"""GPUs that wait while something else is busy: what two rules have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .finding import Finding
from .profile_rule import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .profile import Profile

MOST_TIMES = 1000


@dataclass(slots=True)
class BottleneckReport(Report):
    """Snapshots by node: all with a GPU, those where a GPU was low, and of these the bottlenecks."""

    seen: dict[str, int] = field(default_factory=dict)
    low_gpu: dict[str, int] = field(default_factory=dict)
    bottlenecks: dict[str, int] = field(default_factory=dict)
    times_s: list[float] = field(default_factory=list)


def count_bottlenecks(
    profile: Profile, report: BottleneckReport, *, busy: str, busy_above: float, gpu_below: float
) -> None:
    """Adds the newest window to the counts. ``busy`` names the snapshot value that has to be high."""
    for node in profile.nodes():
        lowest_gpu, highest = profile.fresh_snapshot(node, "gpu_min"), profile.fresh_snapshot(node, busy)
        known = ~(np.isnan(lowest_gpu) | np.isnan(highest))
        low = known & (lowest_gpu < gpu_below)
        waiting = low & (highest > busy_above)
        for counts, which in ((report.seen, known), (report.low_gpu, low), (report.bottlenecks, waiting)):
            counts[node] = counts.get(node, 0) + int(np.count_nonzero(which))
        room = MOST_TIMES - len(report.times_s)
        report.times_s += profile.fresh_snapshot(node, "time_s")[waiting][:room].tolist()


def judge_bottlenecks(
    profile: Profile, report: BottleneckReport, *, what: str, threshold: float, patience: int
) -> Iterator[Finding]:
    """Fires when over ``threshold`` percent of over ``patience`` snapshots of a node are bottlenecks."""
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
