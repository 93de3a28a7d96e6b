"""Finds GPUs that wait for a CPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..bottleneck import BottleneckReport, count_bottlenecks, evaluate_bottlenecks
from ..profile_rule import ProfilerRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..finding import Finding
    from ..profile import Profile


@dataclass(frozen=True, slots=True)
class CPUBottleneck(ProfilerRule):
    """In a bottleneck, a GPU has low utilization while a CPU core is busy."""

    threshold: float = 50.0  # percent of snapshots that are bottlenecks
    gpu_threshold: float = 10.0  # a GPU below this is waiting
    cpu_threshold: float = 90.0  # a core above this is busy
    patience: int = 1000  # snapshots

    meaning: ClassVar[str] = (
        "GPUs are idle while CPU cores are at their limit: data is prepared more slowly than it is used."
    )
    remedy: ClassVar[str] = (
        "Use more data loader workers and prefetching, move preprocessing out of the training or onto the "
        "GPU, or take an instance with more cores for each GPU."
    )

    def report(self) -> BottleneckReport:
        return BottleneckReport()

    def check(self, profile: Profile, report: BottleneckReport) -> Iterator[Finding]:
        count_bottlenecks(
            profile, report, busy="cpu_max", busy_above=self.cpu_threshold, gpu_below=self.gpu_threshold
        )
        yield from evaluate_bottlenecks(
            profile, report, what="a CPU core was busy", threshold=self.threshold, patience=self.patience
        )
