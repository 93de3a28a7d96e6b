"""Finds GPUs that are not used, or only part of the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..finding import Finding
from ..profile import GPU, Profile
from ..profile_rule import ProfilerRule, RuleReport
from ..series import box

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class LowGPUUtilization(ProfilerRule):
    """Over the last ``window`` values, p95 is low (unused), or p95 is high and p5 low (fluctuating)."""

    threshold_p95: float = 70.0
    threshold_p5: float = 10.0
    window: int = 500
    patience: int = 1000

    meaning: ClassVar[str] = (
        "This GPU works only part of the time: data arrives too slowly, it is stopped too often, or it has "
        "too little work."
    )
    remedy: ClassVar[str] = (
        "Raise the batch size or the number of data loader workers, remove synchronizations such as .item() "
        "from the loop, use mixed precision, or take a smaller instance."
    )

    def check(self, profile: Profile, report: RuleReport) -> Iterator[Finding]:
        for key, values in profile.devices(GPU):
            report.datapoints = values.size
            if values.size <= self.patience:
                continue
            p5, p95 = (float(q) for q in np.quantile(values[-self.window :], (0.05, 0.95)))
            device = f"{key.node}/{key.name}"
            if values.max() == 0:
                message, value, limit = "it is not used at all", p95, self.threshold_p95
            elif p95 < self.threshold_p95:
                message = f"p95 of its utilization is {p95:.0f}%, below {self.threshold_p95:g}%"
                value, limit = p95, self.threshold_p95
            elif p95 > self.threshold_p95 and p5 < self.threshold_p5:
                message = f"its utilization fluctuates: p95 {p95:.0f}%, p5 {p5:.0f}%"
                value, limit = p5, self.threshold_p5
            else:
                continue
            if value >= limit:
                continue
            report.triggered += 1
            report.violations += 1
            boxed = {**box(values), "gpu_max": float(values.max()), "gpu_95": p95, "gpu_5": p5}
            report.details.setdefault(key.node, {})[key.name] = boxed
            yield Finding(profile.window.number, device, value, limit, message)
