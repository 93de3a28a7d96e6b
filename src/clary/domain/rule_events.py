"""Checks the events of an evaluator. A custom rule writes events too, and may write anything."""

from __future__ import annotations

from typing import Any

from .points import LATEST_S
from .rules import FINAL, IN_PROGRESS, STOPPING

MAX_TEXT = 100_000
_STATUSES = (IN_PROGRESS, STOPPING, *FINAL)
_TEXTS = {
    "Rule": ("RuleName",),
    "Finding": ("Message", "Tensor"),
    "Status": ("StatusDetails",),
    "Action": ("RuleName", "Action", "Target"),
    "Log": ("Text",),
}
"""Kind of an event to the members that must be texts."""


def event_flaw(event: Any) -> str:
    """Returns what is wrong with an event, as a sentence without a full stop; empty for a valid event."""
    if not isinstance(event, dict):
        return "it has to be an object"
    kind = event.get("Kind")
    if not isinstance(kind, str) or kind not in _TEXTS:
        return f"its Kind has to be one of {', '.join(_TEXTS)}"
    for member in ("RuleConfigurationName", *_TEXTS[kind]):
        if not isinstance(event.get(member), str) or len(event[member]) > MAX_TEXT:
            return f"its {member} has to be a text"
    if kind == "Finding" and not (type(event.get("Step")) is int and abs(event["Step"]) < 2**63):
        return "its Step has to be a whole number"
    if kind == "Rule" and not isinstance(event.get("RuleParameters", {}), dict):
        return "its RuleParameters has to be an object"
    if kind == "Rule" and not all(isinstance(event.get(name, ""), str) for name in ("Meaning", "Remedy")):
        return "its Meaning and Remedy have to be texts"
    if kind == "Status":
        at: Any = event.get("LastModifiedTime")
        if (
            not isinstance(event.get("RuleEvaluationStatus"), str)
            or event["RuleEvaluationStatus"] not in _STATUSES
        ):
            return f"its RuleEvaluationStatus has to be one of {', '.join(_STATUSES)}"
        if type(at) not in (int, float) or not 0 <= at < LATEST_S:
            return "its LastModifiedTime has to be in epoch seconds"
    return ""
