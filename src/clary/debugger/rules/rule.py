"""What a rule is: a name, its thresholds, and one decision.

    Rule               decides from one step alone: ``check(step)``
    RuleWithMemory     needs earlier steps too: ``check(step, memory)``, the memory being an object of its own

Reading, waiting, reporting and acting belong to the engine. The fields of a rule are its parameters,
by the names and defaults that AWS documents; texts from the wire are parsed by ``parameters.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .finding import Finding
    from .step import Step

Memory = TypeVar("Memory")


class StepLookup(Protocol):
    """Another trial, read by step."""

    def step(self, number: int) -> Step | None:
        """The step, None when that trial has not saved it."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule may use beside the steps: a folder for what it writes, and other trials to compare with.

    job: the name of the job; empty where there is none.
    """

    output: Path
    other_trials: tuple[StepLookup, ...] = field(default_factory=tuple)
    job: str = ""


@dataclass(frozen=True, slots=True)
class TensorRule(ABC):
    """What all rules over tensors share. Derive from one of the two below."""

    meaning: ClassVar[str]
    """What it says about a training when the condition is met. One sentence."""
    remedy: ClassVar[str]
    """What to try then. One sentence."""

    @property
    def name(self) -> str:
        """What ``rule_to_invoke`` says on the wire."""
        return type(self).__name__

    def parameters(self) -> dict[str, Any]:
        """What was configured, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Rule(TensorRule):
    @abstractmethod
    def check(self, step: Step) -> Iterable[Finding]:
        """Violations at this step. Pure: the same step gives the same findings."""


@dataclass(frozen=True, slots=True)
class RuleWithMemory(TensorRule, Generic[Memory]):
    @abstractmethod
    def memory(self, surroundings: Surroundings) -> Memory:
        """What is kept from step to step, empty."""

    @abstractmethod
    def check(self, step: Step, memory: Memory) -> Iterable[Finding]:
        """Violations at this step. Steps come in order, each once."""

    def finish(self, step_number: int, memory: Memory) -> Iterable[Finding]:
        """Violations that only the end of the training shows; ``step_number`` is the last step."""
        return ()

    def idle(self, step_number: int, now: float, memory: Memory) -> Iterator[Finding]:
        """Violations that show while no step comes; ``now`` is epoch seconds. Called every second or so."""
        return iter(())
