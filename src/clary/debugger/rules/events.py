"""The events of an evaluator, as lines of JSON that another process follows.

    {"Kind": "Rule", ...}      once per rule configuration: the rule's meaning, remedy and parameters
    {"Kind": "Status", ...}    at every change: the status, as in DescribeTrainingJob
    {"Kind": "Finding", ...}   a firing: step, tensor, value, threshold, and a sentence
    {"Kind": "Action", ...}    an action that is due because the rule fired
    {"Kind": "Log", ...}       any other line for the rule's log

Every evaluator begins a new file. One that is started again reads the trial from its beginning.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .actions import Action
    from .finding import Finding

MAX_FINDINGS = 100_000
"""The number of findings that are written for each rule. A rule that fires for each tensor at each step of a
long training would otherwise fill the disk."""


class Events(Protocol):
    """Receives the events of evaluations. name: of the rule configuration. at: epoch seconds."""

    def rule(self, name: str, rule: str, texts: Mapping[str, str], parameters: Mapping[str, Any]) -> None:
        """An evaluation begins. rule: the name of its class. texts: ``Meaning`` and ``Remedy``."""
        ...

    def status(self, name: str, status: str, details: str, at: float) -> None:
        """The status has changed."""
        ...

    def finding(self, name: str, finding: Finding, mode: str, mode_step: int, at: float) -> None:
        """The rule has fired. mode, mode_step: of the finding's step; empty and -1 if they are not known."""
        ...

    def action(self, name: str, rule: str, action: Action, at: float) -> None:
        """An action is due."""
        ...

    def log(self, name: str, text: str) -> None:
        """Another line for the rule's log."""
        ...

    def flush(self) -> None:
        """Makes all events so far visible to readers."""
        ...


class EventFile:
    """Writes events as lines of a file. Raises OSError."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")
        self._findings: dict[str, int] = {}

    def rule(self, name: str, rule: str, texts: Mapping[str, str], parameters: Mapping[str, Any]) -> None:
        self._write("Rule", name, {"RuleName": rule, **texts, "RuleParameters": dict(parameters)})

    def status(self, name: str, status: str, details: str, at: float) -> None:
        more = {"RuleEvaluationStatus": status, "StatusDetails": details, "LastModifiedTime": at}
        self._write("Status", name, {**more, "Findings": self._findings.get(name, 0)})

    def finding(self, name: str, finding: Finding, mode: str, mode_step: int, at: float) -> None:
        self._findings[name] = self._findings.get(name, 0) + 1
        if self._findings[name] <= MAX_FINDINGS:
            facts = {_camel(key): _writable(value) for key, value in asdict(finding).items()}
            self._write("Finding", name, {**facts, "Mode": mode, "ModeStep": mode_step, "FoundAt": at})

    def action(self, name: str, rule: str, action: Action, at: float) -> None:
        more = {"RuleName": rule, "Action": action.name, "Target": action.target, "RequestedAt": at}
        self._write("Action", name, more)

    def log(self, name: str, text: str) -> None:
        self._write("Log", name, {"Text": text})

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, kind: str, name: str, more: Mapping[str, Any]) -> None:
        line = {"Kind": kind, "RuleConfigurationName": name, **more}
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _writable(value: Any) -> Any:
    """None for infinity and NaN, which JSON does not have. The finding's message still contains them."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
