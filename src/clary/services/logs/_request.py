"""Shared by the operations of CloudWatch Logs: the name and ARN of a log group, tokens, retention."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clary.domain.arns import Arn
from clary.domain.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context
    from clary.store.logs import LogGroup


LATEST_TIME_MS = 2**53
"""The latest time of an event: every client can hold it exactly."""


def invalid(message: str) -> BadRequest:
    return BadRequest(message, code="InvalidParameterException")


def group_arn(ctx: Context, name: str) -> str:
    return str(Arn("logs", ctx.region, ctx.account, f"log-group:{name}"))


def named_group(ctx: Context, request: Mapping[str, Any]) -> str:
    """The name of the group that logGroupName or logGroupIdentifier gives.

    Raises InvalidParameterException unless exactly one of them is there.
    """
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if name and identifier:
        raise invalid("logGroupName and logGroupIdentifier are both given; give one of them")
    if name:
        return str(name)
    if not identifier:
        raise invalid("the log group is not named; give logGroupName or logGroupIdentifier")
    return group_of(ctx, str(identifier))


def group_of(ctx: Context, identifier: str) -> str:
    """The name of a group, from its ARN or its name. Raises InvalidParameterException for a foreign ARN."""
    if not identifier.startswith("arn:"):
        return identifier
    own = group_arn(ctx, "")
    if not identifier.startswith(own):
        raise invalid(f"{identifier} is not a log group of this account and region; those start with {own}")
    return identifier.removeprefix(own).removesuffix(":*")


def kept_since_ms(ctx: Context, group: LogGroup) -> int:
    """The time (ms) before which retention hides all lines of the group."""
    return 0 if group.keep_ms is None else max(0, int(ctx.now() * 1_000) - group.keep_ms)


def make_token(direction: str, *numbers: tuple[int, int]) -> str:
    """A token in the form of AWS's: ``f/`` or ``b/``, then digits. numbers: (value, its count of digits)."""
    return f"{direction}/" + "".join(f"{value:0{digits}d}" for value, digits in numbers)


def read_token(token: str, *digits: int) -> tuple[str, list[int]]:
    """The direction and the values that ``make_token`` was given. Raises InvalidParameterException."""
    widths = "".join(f"([0-9]{{{count}}})" for count in digits)
    matched = re.fullmatch(f"([fb])/{widths}", token)
    if matched is None or any(int(value) >= 2**63 for value in matched.groups()[1:]):
        raise invalid("The specified nextToken is invalid.")
    return matched[1], [int(value) for value in matched.groups()[1:]]
