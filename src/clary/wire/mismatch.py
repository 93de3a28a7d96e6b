"""The error for a value of another type than declared, with its path, in AWS's words."""

from __future__ import annotations

from typing import Any

from clary.domain.errors import SerializationError


class Mismatch(Exception):
    """Raised where the value is read. Each level above adds its name with ``within``."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.steps: list[str] = []

    def within(self, step: str) -> Mismatch:
        self.steps.append(step)
        return self

    def to_error(self) -> SerializationError:
        where = ".".join(lower_camel(step) for step in reversed(self.steps))
        return SerializationError(f"{self.message} (at '{where}')" if where else self.message)


def not_a(value: Any, declared: str) -> Mismatch:
    """``declared``: with its article, as in "a String"."""
    if isinstance(value, dict):
        return Mismatch(f"Start of structure or map found where {declared} is expected")
    if isinstance(value, list):
        return Mismatch(f"Start of list found where {declared} is expected")
    return Mismatch(f"{_token(value)} can not be converted to {declared}")


def lower_camel(name: str) -> str:
    """Returns a name as AWS writes it in messages: ``trainingJobName``."""
    return name[:1].lower() + name[1:]


def _token(value: Any) -> str:
    if value is None:
        return "NULL_VALUE"
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
