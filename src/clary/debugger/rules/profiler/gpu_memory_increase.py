"""Finds GPU memory that keeps growing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..parameters import at_least
from ..profile import GPU_MEMORY, Profile
from ..profile_rule import ProfilerRule, RuleReport
from ..series import box

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class GPUMemoryIncrease(ProfilerRule):
    """Compares the mean of the last ``window`` values with that of the window before the last two values."""

    increase: float = 5.0  # percentage points
    patience: int = 1000
    window: int = 10

    meaning: ClassVar[str] = (
        "The memory of this GPU has grown by a step or keeps growing; if this continues, the training ends "
        "with an out-of-memory error."
    )
    remedy: ClassVar[str] = (
        "Look for tensors kept with their graph (append loss.item(), not loss), growing caches or inputs of "
        "changing size; or lower the batch size."
    )

    def __post_init__(self) -> None:
        at_least("window", self.window, 2)

    def check(self, profile: Profile, report: RuleReport) -> Iterator[Finding]:
        for key, values in profile.devices(GPU_MEMORY):
            report.datapoints = values.size
            if values.size <= self.patience or values.size <= self.window:
                continue
            growth = float(values[-self.window :].mean() - values[-self.window - 1 : -2].mean())
            if growth > self.increase:
                report.triggered += 1
                report.violations += 1
                report.details.setdefault(key.node, {})[key.name] = {**box(values), "increase": growth}
                message = f"GPU memory grew by {growth:.3g} percentage points to {values[-1]:.0f}%"
                yield Finding(profile.window.number, f"{key.node}/{key.name}", growth, self.increase, message)
