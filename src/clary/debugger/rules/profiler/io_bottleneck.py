"""Finds GPUs that wait until data is read."""

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
class IOBottleneck(ProfilerRule):
    """In a bottleneck, a GPU has low utilization while a CPU core waits for I/O."""

    threshold: float = 50.0  # percent of snapshots that are bottlenecks
    gpu_threshold: float = 10.0  # a GPU below this is waiting
    io_threshold: float = 50.0  # a core above this share of I/O wait is blocked
    patience: int = 1000  # snapshots

    meaning: ClassVar[str] = (
        "GPUs are idle while the machine waits for its disks or the network: reading is the slowest part."
    )
    remedy: ClassVar[str] = (
        "Prefetch, store many small files as few large ones, keep the data on local disk or in memory, or "
        "use a faster input mode."
    )

    def report(self) -> BottleneckReport:
        return BottleneckReport()

    def check(self, profile: Profile, report: BottleneckReport) -> Iterator[Finding]:
        count_bottlenecks(
            profile, report, busy="io_max", busy_above=self.io_threshold, gpu_below=self.gpu_threshold
        )
        yield from evaluate_bottlenecks(
            profile,
            report,
            what="input or output held it up",
            threshold=self.threshold,
            patience=self.patience,
        )
