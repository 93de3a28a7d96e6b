"""The base class of profiler rules: thresholds, and one decision per window.

Each rule has a report in the form that AWS's rules write: how often it was triggered, the number of
violations, details for charts, the number of data points, and the parameters.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from .atomic_text import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .finding import Finding
    from .profile import Profile


@dataclass(slots=True)
class RuleReport:
    """The results of one rule so far. A rule that must keep more data derives a class of its own."""

    triggered: int = 0
    violations: int = 0
    datapoints: int = 0
    details: dict[str, Any] = field(default_factory=dict)

    def document(self, rule: ProfilerRule) -> dict[str, Any]:
        """The document that is written to ``profiler-reports/<Rule>.json``."""
        return {
            "RuleTriggered": self.triggered,
            "Violations": self.violations,
            "Details": self.details,
            "Datapoints": self.datapoints,
            "RuleParameters": "\n".join(f"{name}:{value}" for name, value in rule.parameters().items()),
        }


@dataclass(frozen=True, slots=True)
class ProfilerRule(ABC):
    """A rule over the profile of a job. Its fields are its parameters."""

    scan_interval_us: int = 60_000_000  # the length of a window

    meaning: ClassVar[str]
    """What a finding means for the training. One sentence."""
    remedy: ClassVar[str]
    """What the user can do about it. One sentence."""

    @property
    def name(self) -> str:
        """The rule's name, as in ``rule_to_invoke``."""
        return type(self).__name__

    def parameters(self) -> dict[str, Any]:
        """The values of the parameters by name."""
        names = [field.name for field in fields(self) if field.name != "scan_interval_us"]
        return {name: getattr(self, name) for name in names}

    def report(self) -> RuleReport:
        """A new report, which is passed to ``check`` with every window."""
        return RuleReport()

    @abstractmethod
    def check(self, profile: Profile, report: Any) -> Iterable[Finding]:
        """Evaluates the newest window and updates the report. A finding's step is the window's number."""

    def write(self, report: Any, profile: Profile, output: Path) -> None:
        """Writes the report. Called after every window and at the end.

        output: the folder of the rule configuration.
        """
        write_report(output / f"{self.name}.json", report.document(self))


def write_report(path: Path, document: dict[str, Any]) -> None:
    """Writes the document as JSON, atomically: another process may read the file at the same time."""
    write_text(path, json.dumps(document, indent=1, default=float))
