"""Summarizes the utilization of the machines. Never fires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..profile_rule import ProfilerRule, RuleReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..finding import Finding
    from ..profile import Profile
    from ..step import Array

SHOWN = {
    "CPU": "cpu_mean",
    "CPU memory": "memory",
    "GPU": "gpu_mean",
    "GPU memory": "gpu_memory_mean",
    "I/O": "io_mean",
    "Network": "network",
}


@dataclass(frozen=True, slots=True)
class OverallSystemUsage(ProfilerRule):
    """Quantiles of the utilization of each kind of device, by node."""

    meaning: ClassVar[str] = (
        "A summary of how busy each node's devices were; it is never a problem by itself."
    )
    remedy: ClassVar[str] = (
        "Compare the medians: a device near 100% limits the training, a device near 0% is not needed."
    )

    def check(self, profile: Profile, report: RuleReport) -> Iterable[Finding]:
        for node in profile.nodes():
            report.datapoints = profile.snapshot(node, "time_s").size
            for label, what in SHOWN.items():
                values = profile.snapshot(node, what)
                values = values[~np.isnan(values)]
                if values.size:
                    report.details.setdefault(label, {})[node] = _summary(values)
        return ()


def _summary(values: Array) -> dict[str, float]:
    least, p50, p95, p99, most = np.quantile(values, (0, 0.5, 0.95, 0.99, 1))
    named = {"max": most, "p99": p99, "p95": p95, "p50": p50, "min": least}
    return {name: round(float(value), 2) for name, value in named.items()}
