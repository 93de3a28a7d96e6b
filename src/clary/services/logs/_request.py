"""What several operations of CloudWatch Logs read in the same way: the group they name, its ARN, tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clary.domain.arns import Arn
from clary.domain.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context
    from clary.store.logs import LogGroup


def invalid(message: str) -> BadRequest:
    return BadRequest(message, code="InvalidParameterException")


def group_arn(ctx: Context, name: str) -> str:
    return str(Arn("logs", ctx.region, ctx.account, f"log-group:{name}"))


def named_group(ctx: Context, request: Mapping[str, Any]) -> str:
    """The group's name, out of exactly one of logGroupName and logGroupIdentifier."""
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if name and identifier:
        raise invalid("logGroupName and logGroupIdentifier are both given; give one of them")
    if name:
        return str(name)
    if not identifier:
        raise invalid("the log group is not named; give logGroupName or logGroupIdentifier")
    return group_of(ctx, str(identifier))


def group_of(ctx: Context, identifier: str) -> str:
    """The name in a group's ARN; what is not an ARN is a name already."""
    if not identifier.startswith("arn:"):
        return identifier
    own = group_arn(ctx, "")
    if not identifier.startswith(own):
        raise invalid(f"{identifier} is not a log group of this account and region; those start with {own}")
    return identifier.removeprefix(own).removesuffix(":*")


def kept_since_ms(ctx: Context, group: LogGroup) -> int:
    """The time before which the group's retention hides every line."""
    return 0 if group.keep_ms is None else max(0, int(ctx.now() * 1_000) - group.keep_ms)


def make_token(direction: str, *numbers: tuple[int, int]) -> str:
    """``f/`` or ``b/`` and digits, as AWS's look. numbers: (value, digits it takes)."""
    return f"{direction}/" + "".join(f"{value:0{digits}d}" for value, digits in numbers)


def read_token(token: str, *digits: int) -> tuple[str, list[int]]:
    """The inverse of ``make_token``: the direction and the values."""
    widths = "".join(f"([0-9]{{{count}}})" for count in digits)
    matched = re.fullmatch(f"([fb])/{widths}", token)
    if matched is None or any(int(value) >= 2**63 for value in matched.groups()[1:]):
        raise invalid("The specified nextToken is invalid.")
    return matched[1], [int(value) for value in matched.groups()[1:]]
