"""What to search for, as a tree. The names of paths are as callers spell them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    EQUALS = "="
    """One of the values: as a string, or as a number where the attribute is one."""
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    CONTAINS = "contains"
    """The value is a part of the string; upper and lower case differ."""
    EXISTS = "exists"
    """There is a value at the path or below it."""


@dataclass(frozen=True, slots=True)
class Where:
    """Whether any value at a path satisfies an operator. Strings are never greater or less than anything.

    texts: what CONTAINS and EQUALS compare with. numbers: what EQUALS and the orders compare with.
    """

    path: str
    operator: Operator
    texts: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    part: Expression


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Nested:
    """Whether one element of the list at ``path`` satisfies all of the tests, of paths below it."""

    path: str
    tests: tuple[Where | Not, ...]


Expression = Where | Not | Every | Some | Nested
