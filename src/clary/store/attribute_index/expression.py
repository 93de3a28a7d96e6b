"""The condition of a search, as a tree. Paths are spelled as in the request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    EQUALS = "="
    """Equal to one of the values: as a string, or as a number if the attribute is a number."""
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    CONTAINS = "contains"
    """The string contains the value; upper and lower case differ."""
    EXISTS = "exists"
    """The record has a value at the path or below it."""


@dataclass(frozen=True, slots=True)
class Where:
    """True if any value at a path satisfies an operator. Strings are never greater or less than anything.

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
    """True if one element of the list at ``path`` satisfies all tests, which are about paths below it."""

    path: str
    tests: tuple[Where | Not, ...]


Expression = Where | Not | Every | Some | Nested
