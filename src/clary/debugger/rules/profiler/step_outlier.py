"""Finds steps that take much longer than the others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..finding import Finding
from ..profile import STEP_PREFIX, FrameworkEvent, Profile
from ..profile_rule import ProfilerRule, RuleReport
from ..series import Series, binned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..step import Array

MIN_STEPS = 100
MAX_NUMBERS = 1000


@dataclass(slots=True)
class StepReport(RuleReport):
    """The durations (seconds) and numbers of steps, by node and kind of step."""

    durations: dict[tuple[str, str], Series] = field(default_factory=lambda: defaultdict(Series))
    numbers: dict[tuple[str, str], Series] = field(default_factory=lambda: defaultdict(Series))


@dataclass(frozen=True, slots=True)
class StepOutlier(ProfilerRule):
    """Fires when a kind of step has more than ``n_outliers`` outliers.

    An outlier is longer than mean + ``stddev`` * standard deviation of its kind of step.
    """

    stddev: float = 3.0
    mode: str | None = None  # a kind of step, such as TRAIN; None: every kind
    n_outliers: int = 10

    meaning: ClassVar[str] = (
        "Some steps take far longer than the others, so the training pauses sometimes: checkpoints, "
        "evaluation, garbage collection, data loading or a slow worker."
    )
    remedy: ClassVar[str] = (
        "Look at what happens at the steps named here: save checkpoints less often or in the background, "
        "start the data loader's workers once (persistent), and do not log inside the loop."
    )

    def report(self) -> StepReport:
        return StepReport()

    def check(self, profile: Profile, report: StepReport) -> Iterator[Finding]:
        for event in profile.window.framework:
            if self._wanted(event):
                report.datapoints += 1
                report.durations[event.node, event.name].extend(np.array([event.duration_us / 1e6]))
                report.numbers[event.node, event.name].extend(np.array([float(event.step)]))
        for (node, kind), series in report.durations.items():
            if series.values.size > MIN_STEPS:
                yield from self._evaluate(profile, report, node, kind, series.values)

    def _wanted(self, event: FrameworkEvent) -> bool:
        if self.mode is not None:
            return event.name in (self.mode, STEP_PREFIX + self.mode)
        return event.name.startswith(STEP_PREFIX)

    def _evaluate(
        self, profile: Profile, report: StepReport, node: str, kind: str, durations: Array
    ) -> Iterator[Finding]:
        limit = float(durations.mean() + self.stddev * durations.std())
        outliers = np.flatnonzero(durations > limit)
        numbers = report.numbers[node, kind].values[outliers][:MAX_NUMBERS].astype(int).tolist()
        details = report.details.setdefault("step_details", {}).setdefault(node, {})
        details[kind] = {
            **_statistics(durations, limit),
            "number_of_outliers": outliers.size,
            "step_numbers": numbers,
        }
        if outliers.size > self.n_outliers:
            report.triggered += 1
            report.violations = int(outliers.size)
            message = (
                f"{outliers.size} of {durations.size} steps took longer than {limit:.3g} s, among them steps "
                f"{', '.join(map(str, numbers[:5]))}"
            )
            yield Finding(
                profile.window.number, f"{node}/{kind}", float(outliers.size), float(self.n_outliers), message
            )


def _statistics(durations: Array, limit: float) -> dict[str, Any]:
    counts, edges = binned(durations[durations <= limit], 100)
    p50, p95, p99 = (float(q) for q in np.quantile(durations, (0.5, 0.95, 0.99)))
    return {
        "step_stats": {
            "mean": float(durations.mean()),
            "max": float(durations.max()),
            "p99": p99,
            "p95": p95,
            "p50": p50,
            "min": float(durations.min()),
        },
        "stddev": float(durations.std()),
        "probs": counts,
        "binedges": edges,
    }
