"""Finds GPUs that have unequal work."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..profile import GPU, Profile
from ..profile_rule import ProfilerRule, RuleReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array

BINS = np.arange(0, 102, 2)


@dataclass(frozen=True, slots=True)
class LoadBalancing(ProfilerRule):
    """Compares the utilization histograms of any two GPUs of the job, with the Jensen-Shannon distance."""

    threshold: float = 0.5
    patience: int = 1000

    meaning: ClassVar[str] = (
        "The utilization of two GPUs of this job differs: one works while the other waits, and the slowest "
        "one limits the speed of all."
    )
    remedy: ClassVar[str] = (
        "Give every worker the same amount of data and the same batch size, check that all GPUs are used, "
        "and move work such as evaluation or logging away from the first one."
    )

    def check(self, profile: Profile, report: RuleReport) -> Iterator[Finding]:
        shares = {}
        for key, values in profile.devices(GPU):
            report.datapoints = values.size
            if values.size > self.patience:
                shares[f"{key.node}/{key.name}"] = np.histogram(values, BINS)[0] / values.size
        report.details["workloads"] = {device: share.tolist() for device, share in shares.items()}
        distances = report.details["distances"] = {}
        for one, other in combinations(shares, 2):
            distance = jensen_shannon_distance(shares[one], shares[other])
            distances[f"{one} {other}"] = distance
            if distance > self.threshold:
                report.triggered += 1
                report.violations += 1
                message = f"its utilization differs from that of {other}, distance {distance:.2f}"
                yield Finding(profile.window.number, one, distance, self.threshold, message)


def jensen_shannon_distance(p: Array, q: Array) -> float:
    """The distance of two distributions, [B], that each sum to 1: 0 if equal, sqrt(ln 2) if disjoint."""
    middle = (p + q) / 2
    return float(np.sqrt(max(_divergence(p, middle) + _divergence(q, middle), 0.0) / 2))


def _divergence(p: Array, q: Array) -> float:
    there = p > 0
    return float(np.sum(p[there] * np.log(p[there] / q[there])))
