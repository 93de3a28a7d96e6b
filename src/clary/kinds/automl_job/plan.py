"""Reads and checks the plan of an Autopilot job: what its analysis found, and what is to be trained.

A program in a sandbox wrote it, and it lies in the user's bucket. So nothing in it is trusted.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from .forms import ENSEMBLING, TUNING
from .metrics import OBJECTIVES

Document = dict[str, Any]

SIZE_LIMIT = 4 << 20
MOST_CANDIDATES = 750
MOST_PIPELINES = 10
MOST_DEFINITIONS = 10
"""A tuning job has at most so many definitions, and here each pipeline has one or more."""
MOST_HYPERPARAMETERS = 100
MOST_MEMORY_MIB = 1 << 30
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
SCALES = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")


class BadPlan(ValueError):
    """The plan can't be used; the message says why."""


def read_plan(content: bytes | None) -> Document:
    """The checked plan: ``{"Plan": ...}``, or ``{"Refused": sentence}``. content: None if there is none.

    The plan has the members Mode, ProblemType, Metric, Candidates, Pipelines and Definitions, and MemoryMib
    where the analysis says what a candidate needs.
    """
    try:
        return {"Plan": _plan(_parsed(content))}
    except BadPlan as error:
        return {"Refused": f"InternalServerError: the analysis left a plan that can't be used: {error}"}


def _parsed(content: bytes | None) -> Document:
    if content is None:
        raise BadPlan(f"there is no plan.json of at most {SIZE_LIMIT >> 20} MiB")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise BadPlan("plan.json is not JSON") from None
    if not isinstance(found, dict):
        raise BadPlan("plan.json is not an object")
    return found


def _plan(raw: Document) -> Document:
    problem = _one_of(raw, "problem_type", tuple(OBJECTIVES))
    mode = _one_of(raw, "mode", (ENSEMBLING, TUNING))
    plan: Document = {
        "Mode": mode,
        "ProblemType": problem,
        "Metric": _one_of(raw, "metric", OBJECTIVES[problem]),
        **_memory(raw.get("memory_mib")),
        "Candidates": [],
        "Pipelines": [],
        "Definitions": [],
    }
    if mode == ENSEMBLING:
        plan["Candidates"] = _named(raw, "candidates", MOST_CANDIDATES)
        return plan
    plan["Pipelines"] = _named(raw, "pipelines", MOST_PIPELINES)
    known = [pipeline["Name"] for pipeline in plan["Pipelines"]]
    entries = _entries(raw, "definitions", MOST_DEFINITIONS)
    for entry, definition in zip(entries, _named(raw, "definitions", MOST_DEFINITIONS), strict=True):
        if entry.get("pipeline") not in known:
            raise BadPlan(f"definition {definition['Name']} names no pipeline of the plan")
        ranges = _ranges(definition["Name"], entry.get("ranges"))
        plan["Definitions"].append({**definition, "Pipeline": entry["pipeline"], "Ranges": ranges})
    return plan


def _memory(value: Any) -> Document:
    if value is None:
        return {}
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_MEMORY_MIB:
        raise BadPlan(f"memory_mib is not a whole number of 1 to {MOST_MEMORY_MIB}")
    return {"MemoryMib": value}


def _one_of(raw: Document, member: str, known: tuple[str, ...]) -> str:
    value = raw.get(member)
    for each in known:
        if value == each:
            return each
    raise BadPlan(f"{member} is not one of {', '.join(known)}")


def _entries(raw: Document, member: str, most: int) -> list[Document]:
    found = raw.get(member)
    if not isinstance(found, list) or not 1 <= len(found) <= most:
        raise BadPlan(f"{member} is not a list of 1 to {most}")
    if not all(isinstance(each, dict) for each in found):
        raise BadPlan(f"{member} has an entry that is not an object")
    return found


def _named(raw: Document, member: str, most: int) -> list[Document]:
    found = [
        {
            "Name": _name(member, each.get("name")),
            "HyperParameters": _texts(member, each.get("hyperparameters")),
        }
        for each in _entries(raw, member, most)
    ]
    if len({each["Name"] for each in found}) < len(found):
        raise BadPlan(f"{member} has a name twice")
    return found


def _name(member: str, value: Any) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise BadPlan(f"{member} has an entry whose name is not 1 to 32 letters, digits and dashes")
    return value


def _texts(member: str, value: Any) -> dict[str, str]:
    found = {} if value is None else value
    if not isinstance(found, dict) or len(found) > MOST_HYPERPARAMETERS:
        raise BadPlan(
            f"{member} has hyperparameters that are not an object of at most {MOST_HYPERPARAMETERS}"
        )
    return {_text(member, name, 256): _text(member, text, 2500) for name, text in found.items()}


def _text(member: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise BadPlan(f"{member} has a value that is not a text of at most {most} characters")
    if not value.isprintable():
        # JSON may have half of a surrogate pair, which no database keeps.
        raise BadPlan(f"{member} has a text with characters that can't be printed")
    return value


def _ranges(name: str, value: Any) -> Document:
    """``HyperParameterRanges`` of a tuning job, which checks the ends of each range itself."""
    if not isinstance(value, dict):
        raise BadPlan(f"definition {name} has no ranges")
    found: Document = {}
    for part, kind in (("integer", "Integer"), ("continuous", "Continuous"), ("categorical", "Categorical")):
        entries = value.get(part, [])
        if not isinstance(entries, list) or len(entries) > MOST_HYPERPARAMETERS:
            raise BadPlan(f"definition {name} has {part} ranges that are not a list")
        read = _category if part == "categorical" else _interval
        if entries:
            found[f"{kind}ParameterRanges"] = [read(name, each) for each in entries]
    if not found:
        raise BadPlan(f"definition {name} has no ranges")
    return found


def _interval(name: str, value: Any) -> Document:
    if not isinstance(value, dict) or value.get("scale", "Auto") not in SCALES:
        raise BadPlan(f"definition {name} has a range with a scale that is not one of {', '.join(SCALES)}")
    return {
        "Name": _text(name, value.get("name"), 256),
        "MinValue": _number(name, value.get("min")),
        "MaxValue": _number(name, value.get("max")),
        "ScalingType": value.get("scale", "Auto"),
    }


def _category(name: str, value: Any) -> Document:
    values = value.get("values") if isinstance(value, dict) else None
    if not isinstance(values, list) or not 1 <= len(values) <= 20:
        raise BadPlan(f"definition {name} has a categorical range without 1 to 20 values")
    return {
        "Name": _text(name, value.get("name"), 256),
        "Values": [_text(name, each, 256) for each in values],
    }


def _number(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadPlan(f"definition {name} has a range whose end is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise BadPlan(f"definition {name} has a range whose end is not finite")
    return _text(name, value if isinstance(value, str) else repr(value), 256)
