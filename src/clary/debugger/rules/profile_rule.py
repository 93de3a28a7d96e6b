"""What a rule over a job's profile is: thresholds, and one decision a window.

What it found is kept in a report, in the form that AWS's rules write: how often it was triggered, how many
violations there were, details for charts, how many data points were looked at, and its parameters.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from .whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .finding import Finding
    from .profile import Profile


@dataclass(slots=True)
class Report:
    """What one rule has found so far. A rule that has to remember more derives its own."""

    triggered: int = 0
    violations: int = 0
    datapoints: int = 0
    details: dict[str, Any] = field(default_factory=dict)

    def document(self, rule: ProfilerRule) -> dict[str, Any]:
        """As it is written to ``profiler-reports/<Rule>.json``."""
        return {
            "RuleTriggered": self.triggered,
            "Violations": self.violations,
            "Details": self.details,
            "Datapoints": self.datapoints,
            "RuleParameters": "\n".join(f"{name}:{value}" for name, value in rule.parameters().items()),
        }


@dataclass(frozen=True, slots=True)
class ProfilerRule(ABC):
    scan_interval_us: int = 60_000_000  # how long a window is

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
        names = [field.name for field in fields(self) if field.name != "scan_interval_us"]
        return {name: getattr(self, name) for name in names}

    def report(self) -> Report:
        """What is kept from window to window, empty."""
        return Report()

    @abstractmethod
    def check(self, profile: Profile, report: Any) -> Iterable[Finding]:
        """Violations that show with the newest window. ``step`` of a finding is the window's number."""

    def write(self, report: Any, profile: Profile, output: Path) -> None:
        """Called after every window and at the end; ``output`` is the folder of this rule configuration."""
        write_report(output / f"{self.name}.json", report.document(self))


def write_report(path: Path, document: dict[str, Any]) -> None:
    """Replaces the file in one go: somebody may be reading it."""
    write_whole(path, json.dumps(document, indent=1, default=float))
