"""Finds trainings that have stopped writing steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..parameters import at_least
from ..rule import RuleContext, RuleWithMemory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..step import RuleStep


@dataclass(slots=True)
class LastActivity:
    """Since when there is no new step (epoch seconds), and whether the rule has fired since then."""

    at: float | None = None
    fired: bool = False


@dataclass(frozen=True, slots=True)
class StalledTrainingRule(RuleWithMemory[LastActivity]):
    """Measures the wall-clock time without a new step, from the start of the evaluation."""

    threshold: float = 1800.0  # seconds
    stop_training_on_fire: bool = False
    training_job_name_prefix: str | None = None

    meaning: ClassVar[str] = (
        "No tensor has been written for a long time although the job still runs: it hangs, waits for data "
        "or for another worker, or the time between its saved steps is longer than the threshold."
    )
    remedy: ClassVar[str] = (
        "Look at the end of the job's log and at its CPU use: they show a deadlock in data loading or "
        "between workers, or a full disk; if steps are only rare, raise the threshold."
    )

    def __post_init__(self) -> None:
        at_least("threshold", self.threshold, 0)

    def memory(self, context: RuleContext) -> LastActivity:
        return LastActivity()

    def check(self, step: RuleStep, memory: LastActivity) -> Iterable[Finding]:
        memory.at, memory.fired = None, False
        return ()

    def idle(self, step_number: int, now: float, memory: LastActivity) -> Iterator[Finding]:
        if memory.at is None:
            memory.at = now
        silent_s = now - memory.at
        if silent_s >= self.threshold and not memory.fired:
            memory.fired = True
            message = f"no tensor was written for {silent_s:.0f} s, the threshold is {self.threshold:g} s"
            yield Finding(step_number, "", silent_s, self.threshold, message)
