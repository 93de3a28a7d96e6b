"""Finds data loaders with too few or too many workers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..profile_rule import ProfilerRule, RuleReport
from ..series import Series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..profile import FrameworkEvent, Profile

EVENTS = ("DataLoaderWorker", "DataLoaderIter")
MIN_SECONDS = 10
SETTINGS = ("pin_memory", "num_workers", "prefetch")


@dataclass(slots=True)
class LoaderReport(RuleReport):
    """pids: by node and second, the processes that loaded data. load_s: how long each loading took."""

    pids: dict[str, dict[int, set[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    load_s: Series = field(default_factory=Series)


@dataclass(frozen=True, slots=True)
class Dataloader(ProfilerRule):
    """Compares the number of processes that load data at the same time with the number of cores."""

    min_threshold: float = 70.0  # percent of cores
    max_threshold: float = 200.0

    meaning: ClassVar[str] = (
        "The number of processes that load data does not fit the number of cores: with too few, cores are "
        "idle and the GPU waits; with too many, the processes compete for cores and memory."
    )
    remedy: ClassVar[str] = (
        "Set the number of data loader workers near the number of cores, and pin memory for a GPU."
    )

    def report(self) -> LoaderReport:
        return LoaderReport()

    def check(self, profile: Profile, report: LoaderReport) -> Iterator[Finding]:
        for event in profile.window.framework:
            if event.name.startswith(EVENTS):
                self._count(event, report)
        for node, by_second in report.pids.items():
            # Framework nodes are "<rank>-<host>"; system nodes are the host alone.
            cores = next(
                (n for host in profile.nodes() if node.endswith(host) and (n := profile.cores(host))), 0
            )
            if cores and len(by_second) > MIN_SECONDS:
                processes = float(np.median([len(pids) for pids in by_second.values()]))
                yield from self._evaluate(profile, report, node, processes, cores)

    def _count(self, event: FrameworkEvent, report: LoaderReport) -> None:
        report.datapoints += 1
        for second in range(int(event.start_us // 1e6), int(event.end_us // 1e6) + 1):
            report.pids[event.node][second].add(event.pid)
        report.load_s.extend(np.array([event.duration_us / 1e6]))
        p25, p50, p95 = (float(q) for q in np.quantile(report.load_s.values[-1000:], (0.25, 0.5, 0.95)))
        report.details["dataloading_time"] = {"p25": p25, "p50": p50, "p95": p95}
        for name, value in event.args:
            if name in SETTINGS:
                report.details[name] = value

    def _evaluate(
        self, profile: Profile, report: LoaderReport, node: str, processes: float, cores: int
    ) -> Iterator[Finding]:
        report.details["cores"], report.details["dataloaders"] = cores, processes
        least, most = cores * self.min_threshold / 100, cores * self.max_threshold / 100
        if least <= processes <= most:
            return
        report.triggered += 1
        report.violations += 1
        limit = least if processes < least else most
        message = f"{processes:g} processes load data on {cores} cores"
        yield Finding(profile.window.number, node, processes, limit, message)
