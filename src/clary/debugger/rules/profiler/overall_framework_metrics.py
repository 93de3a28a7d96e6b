"""Summarizes the activities on which the framework spent its time. Never fires."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ..profile_rule import ProfilerRule, RuleReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..finding import Finding
    from ..profile import FrameworkEvent, Profile

MIN_PERCENT = 2.0  # operators with a smaller share are left out of the charts


@dataclass(slots=True)
class TimeReport(RuleReport):
    """Microseconds by chart and label."""

    time_us: dict[str, dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )


@dataclass(frozen=True, slots=True)
class OverallFrameworkMetrics(ProfilerRule):
    """Charts: train, eval and the rest; forward, backward; CPU and GPU operators; loading; Horovod."""

    meaning: ClassVar[str] = (
        "A summary of where the time of the training went; it is never a problem by itself."
    )
    remedy: ClassVar[str] = (
        "Look at the largest share first, and at the time outside of steps: checkpoints, logging and loading."
    )

    def report(self) -> TimeReport:
        return TimeReport()

    def check(self, profile: Profile, report: TimeReport) -> Iterable[Finding]:
        for event in profile.window.framework:
            report.datapoints += 1
            chart, label = _place(event)
            report.time_us[chart][label] += event.duration_us
        for chart, times in report.time_us.items():
            least = MIN_PERCENT if chart in ("CPU", "GPU", "horovod") else 0.0
            report.details[chart] = _percent(times, least)
        operators: dict[str, float] = {
            kind: sum(report.time_us[kind].values()) for kind in ("CPU", "GPU") if kind in report.time_us
        }
        report.details["ratio"] = _percent(operators, 0.0)
        return ()


def _place(event: FrameworkEvent) -> tuple[str, str]:
    """The chart that an event belongs to, and its label there."""
    phase = event.phase.lower()
    if event.source in ("", "horovod_timeline"):
        return "horovod", event.name
    if "cpu" in phase:
        return "CPU", event.name
    if "gpu" in phase:
        return "GPU", event.name
    if "step" in phase:
        return "phase", event.phase
    if phase.startswith("forward"):
        return "forward_backward", "Forward pass"
    if phase.startswith("backward"):
        return "forward_backward", "Backward pass"
    return "general", event.phase


def _percent(times: Mapping[str, float], least: float) -> dict[str, float]:
    total = sum(times.values())
    shares = {label: 100.0 * time / total for label, time in times.items()} if total > 0 else {}
    return {label: share for label, share in shares.items() if share >= least}
