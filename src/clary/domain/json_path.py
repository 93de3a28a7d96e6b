"""The JSONPath of batch transform's filters: a bounded part of the language, as AWS has it.

    $                    the whole value
    .name  ['name']      a member of an object
    ['a', 'b']           an object of these members
    [0]  [-1]            an element
    [0, 2]               an array of these elements
    [1:4]  [:2]  [-2:]   an array of a range

There are no wildcards, no descent, no conditions and no functions. So a filter takes one step for each part
of a text that has at most ``LONGEST`` characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

LONGEST = 63
"""What the model of the wire allows."""
_NAME = re.compile(r"\.([A-Za-z_][\w-]*)")
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAMES = re.compile(rf"\[\s*((?:{_QUOTED})(?:\s*,\s*(?:{_QUOTED}))*)\s*\]")
_INDEXES = re.compile(r"\[\s*(-?\d{1,9}(?:\s*,\s*-?\d{1,9})*)\s*\]")
_RANGE = re.compile(r"\[\s*(-?\d{1,9})?\s*:\s*(-?\d{1,9})?\s*\]")


class BadJsonPath(ValueError):
    """A text that is no path of this part of JSONPath. The message says from where on."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path. steps: names, indexes or a range each."""

    text: str
    steps: tuple[tuple[str, ...] | tuple[int, ...] | slice, ...]

    @classmethod
    def parse(cls, text: str) -> JsonPath:
        """Parses a path. Raises BadJsonPath."""
        if not text.startswith("$"):
            raise BadJsonPath(f"{text!r} does not begin with $")
        if len(text) > LONGEST:
            raise BadJsonPath(f"it has {len(text)} characters, more than {LONGEST}")
        steps: list[tuple[str, ...] | tuple[int, ...] | slice] = []
        at = 1
        while at < len(text):
            if found := _NAME.match(text, at):
                steps.append((found[1],))
            elif found := _NAMES.match(text, at):
                steps.append(tuple(_unquoted(each) for each in re.findall(_QUOTED, found[1])))
            elif found := _INDEXES.match(text, at):
                steps.append(tuple(int(each) for each in found[1].split(",")))
            elif found := _RANGE.match(text, at):
                steps.append(slice(*(int(each) if each else None for each in found.groups())))
            else:
                raise BadJsonPath(
                    f"{text[at:]!r} is not served; there are .name, ['name', 'name'], [0, 2] and [1:4]"
                )
            at = found.end()
        return cls(text, tuple(steps))

    def select(self, value: Any) -> Any:
        """Returns the part of a value that the path names. Raises LookupError when it is not there."""
        for step in self.steps:
            value = _step(value, step, self.text)
        return value


def _step(value: Any, step: tuple[str, ...] | tuple[int, ...] | slice, path: str) -> Any:
    if isinstance(step, slice):
        if not isinstance(value, list):
            raise LookupError(f"{path} asks for a range, but there is no array")
        return value[step]
    found = [_part(value, key, path) for key in step]
    if len(found) == 1:
        return found[0]
    return found if isinstance(step[0], int) else dict(zip(step, found, strict=True))


def _part(value: Any, key: str | int, path: str) -> Any:
    if isinstance(key, str):
        if isinstance(value, dict) and key in value:
            return value[key]
    elif isinstance(value, list) and -len(value) <= key < len(value):
        return value[key]
    raise LookupError(f"{path} asks for {key!r}, which is not there")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])
