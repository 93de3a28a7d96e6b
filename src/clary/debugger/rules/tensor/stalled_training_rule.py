"""A training that has stopped saying anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..finding import Finding
from ..parameters import at_least
from ..rule import RuleWithMemory, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..step import Step


@dataclass(slots=True)
class LastSign:
    """When something last arrived (epoch seconds), and whether this silence has been told already."""

    at: float | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class StalledTrainingRule(RuleWithMemory[LastSign]):
    """Wall-clock time without a new step, from the start of the evaluation on."""

    threshold: float = 1800.0  # seconds
    stop_training_on_fire: bool = False
    training_job_name_prefix: str | None = None

    meaning: ClassVar[str] = (
        "No tensor has been written for a long time while the job still runs and costs: it hangs, waits for "
        "data or for another worker, or its saved steps are further apart than the threshold."
    )
    remedy: ClassVar[str] = (
        "Look at the end of the job's log and at its CPU use: a deadlock in data loading or between workers, "
        "or a full disk, shows there; if steps are merely rare, raise the threshold."
    )

    def __post_init__(self) -> None:
        at_least("threshold", self.threshold, 0)

    def memory(self, surroundings: Surroundings) -> LastSign:
        return LastSign()

    def check(self, step: Step, memory: LastSign) -> Iterable[Finding]:
        memory.at, memory.told = None, False
        return ()

    def idle(self, step_number: int, now: float, memory: LastSign) -> Iterator[Finding]:
        if memory.at is None:
            memory.at = now
        silent_s = now - memory.at
        if silent_s >= self.threshold and not memory.told:
            memory.told = True
            message = f"no tensor was written for {silent_s:.0f} s, the threshold is {self.threshold:g} s"
            yield Finding(step_number, "", silent_s, self.threshold, message)
