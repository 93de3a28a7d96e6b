"""The constraints of one value, from the traits of its shape: length, range, pattern, enumeration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, StructureShape

from .java_regex import matches

if TYPE_CHECKING:
    from botocore.model import Shape

ENUM = "Member must satisfy enum value set"

Constraint = tuple[Callable[[Any], bool], str]
"""Whether a value holds, and the sentence for one that does not."""


def broken_constraints(shape: Shape) -> Callable[[Any], bool] | None:
    """Returns a function that tells whether a value breaks any of them; None for a shape without any."""
    constraints = constraints_of(shape)
    return (lambda value: not all(holds(value) for holds, _ in constraints)) if constraints else None


def constraint_texts(shape: Shape) -> list[str]:
    """Returns the sentence of each constraint of a scalar."""
    return [text for _, text in constraints_of(shape)]


def is_scalar(shape: Shape) -> bool:
    return not isinstance(shape, StructureShape | ListShape | MapShape)


def constraints_of(shape: Shape) -> list[Constraint]:
    """Returns the constraints of a scalar."""
    if shape.type_name in ("string", "character"):
        return length_constraints(shape) + _text_constraints(shape)
    if shape.type_name == "blob":
        return length_constraints(shape)
    return _range_constraints(shape)


def length_constraints(shape: Shape) -> list[Constraint]:
    """Returns the constraints on the length of a text, blob, list or map."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    found: list[Constraint] = []
    if low is not None and low > 0:
        found.append(
            (lambda value: len(value) >= low, f"Member must have length greater than or equal to {low}")
        )
    if high is not None:
        found.append(
            (lambda value: len(value) <= high, f"Member must have length less than or equal to {high}")
        )
    return found


def _range_constraints(shape: Shape) -> list[Constraint]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    found: list[Constraint] = []
    if low is not None:
        found.append((lambda value: value >= low, f"Member must have value greater than or equal to {low}"))
    if high is not None:
        found.append((lambda value: value <= high, f"Member must have value less than or equal to {high}"))
    return found


def _text_constraints(shape: Shape) -> list[Constraint]:
    pattern, enum = shape.metadata.get("pattern"), shape.metadata.get("enum")
    found: list[Constraint] = []
    if pattern is not None:
        # A text beyond its greatest length is refused for that; matching it could take long.
        high = shape.metadata.get("max", 1_000_000)
        found.append(
            (
                lambda value: len(value) > high or matches(pattern, value),
                f"Member must satisfy regular expression pattern: {pattern}",
            )
        )
    if enum:
        allowed = frozenset(enum)
        found.append((allowed.__contains__, f"{ENUM}: [{', '.join(enum)}]"))
    return found
