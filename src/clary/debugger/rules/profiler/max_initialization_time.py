"""Finds trainings that take too long until their first step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..profile import STEP_PREFIX, Profile
from ..profile_rule import ProfilerRule, RuleReport

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class MaxInitializationTime(ProfilerRule):
    """Fires when no step has been recorded ``threshold`` minutes after the first event of the profile."""

    threshold: float = 20.0  # minutes without a first step

    meaning: ClassVar[str] = (
        "No training step has begun yet though the job has been running for a long time: it is still "
        "loading, compiling or waiting."
    )
    remedy: ClassVar[str] = (
        "Stream the data instead of downloading all of it, cache what is prepared or compiled at the start, "
        "and check in the log what it is waiting for."
    )

    def check(self, profile: Profile, report: RuleReport) -> Iterator[Finding]:
        for event in profile.window.framework:
            if event.name.startswith(STEP_PREFIX):
                report.datapoints += 1
                numbers = report.details.setdefault("step_num", {"first": event.start_us})
                numbers["last"] = event.start_us
        waited_minutes = (profile.window.end_s - (profile.first_s or profile.window.start_s)) / 60
        if waited_minutes > self.threshold and "step_num" not in report.details:
            report.triggered += 1
            report.violations += 1
            message = f"no step after {waited_minutes:.0f} minutes, the threshold is {self.threshold:g}"
            yield Finding(profile.window.number, "", waited_minutes, self.threshold, message)
