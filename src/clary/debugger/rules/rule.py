"""The base classes of tensor rules: a name, thresholds, and one decision.

    Rule               decides from one step only: ``check(step)``
    RuleWithMemory     needs earlier steps too: ``check(step, memory)``, with a memory object of its own class

The engine reads steps, waits, and reports; a rule does none of this. The fields of a rule are its parameters,
with the names and defaults that AWS documents; ``parameters.py`` parses them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .finding import Finding
    from .step import RuleStep

Memory = TypeVar("Memory")


class StepLookup(Protocol):
    """Another trial whose steps can be read by number."""

    def step(self, number: int) -> RuleStep | None:
        """The step with this global number; None when that trial did not save it."""
        ...


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What a rule may use besides the steps.

    output: the folder for its files. other_trials: trials to compare with. job: the job's name; empty if
    there is none.
    """

    output: Path
    other_trials: tuple[StepLookup, ...] = field(default_factory=tuple)
    job: str = ""


@dataclass(frozen=True, slots=True)
class TensorRule(ABC):
    """The common part of all tensor rules. Derive a rule from ``Rule`` or ``RuleWithMemory``."""

    meaning: ClassVar[str]
    """What a finding means for the training. One sentence."""
    remedy: ClassVar[str]
    """What the user can do about it. One sentence."""
    default_collections: ClassVar[tuple[str, ...]] = ("losses",)
    """The collections that a rule with default parameters reads."""

    @property
    def name(self) -> str:
        """The rule's name, as in ``rule_to_invoke``."""
        return type(self).__name__

    def parameters(self) -> dict[str, Any]:
        """The values of the parameters by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Rule(TensorRule):
    """A rule that decides from one step only."""

    @abstractmethod
    def check(self, step: RuleStep) -> Iterable[Finding]:
        """The violations at this step. A pure function: the same step gives the same findings."""


@dataclass(frozen=True, slots=True)
class RuleWithMemory(TensorRule, Generic[Memory]):
    """A rule that needs data of earlier steps, which it keeps in a memory object."""

    @abstractmethod
    def memory(self, context: RuleContext) -> Memory:
        """A new memory, which is passed to every other method.

        Raises RuleConfigurationError if the context lacks something that the rule needs.
        """

    @abstractmethod
    def check(self, step: RuleStep, memory: Memory) -> Iterable[Finding]:
        """The violations at this step. Called for each step once, in increasing order."""

    def finish(self, step_number: int, memory: Memory) -> Iterable[Finding]:
        """The violations that show only at the end of the training. step_number: the last step."""
        return ()

    def idle(self, step_number: int, now: float, memory: Memory) -> Iterator[Finding]:
        """The violations that show while there is no new step. Called about four times a second.

        step_number: the last step. now: epoch seconds.
        """
        return iter(())
