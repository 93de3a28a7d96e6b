"""Checks the members of a request, and what the caller may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, Denied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context

MOST_TEXT = 2_048


def require(ctx: Context, action: str, resource: str) -> None:
    """Checks that the caller may do an action of AWS (``sagemaker:Search``) on an ARN. Raises Denied."""
    if not ctx.may(action, resource):
        raise Denied(f"User: {ctx.caller.arn} is not authorized to perform: {action} on resource: {resource}")


def text_of(request: Mapping[str, object], name: str, *, most: int = MOST_TEXT) -> str:
    """A required member of 1 to ``most`` characters. Raises BadRequest, which names it."""
    value = request.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise BadRequest(f"{name} has to be a text of 1 to {most} characters")
    return value


def texts_of(request: Mapping[str, object], name: str, *, most: int) -> list[str]:
    """A required list of 1 to ``most`` texts. Raises BadRequest, which names it."""
    values = request.get(name)
    if not isinstance(values, list) or not 1 <= len(values) <= most:
        raise BadRequest(f"{name} has to be a list of 1 to {most} texts")
    if not all(isinstance(each, str) and 1 <= len(each) <= MOST_TEXT for each in values):
        raise BadRequest(f"each of {name} has to be a text of 1 to {MOST_TEXT} characters")
    return values


def count_of(request: Mapping[str, object], name: str, *, default: int, least: int, most: int) -> int:
    """A whole number; ``default`` where it is missing. Raises BadRequest, which names it."""
    value = request.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise BadRequest(f"{name} has to be a whole number from {least} to {most}")
    return value
