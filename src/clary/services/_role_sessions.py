"""The execution role of a job, and the sessions in which its hosts act as the role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import Arn, assumed_role_arn
from clary.domain.errors import Denied
from clary.domain.rules import EVALUATOR, RULES_SESSION
from clary.services.access.authorize import ROLE_SESSION

if TYPE_CHECKING:
    from clary.domain.hosts import HostName
    from clary.services.context import Context


def session_name(host: HostName) -> str:
    """Evaluators have sessions of their own, so that the record of a job tells whether a rule stopped it."""
    number = host.host.removeprefix(EVALUATOR)
    return ROLE_SESSION if number == host.host else f"{RULES_SESSION}{number}"


def role_name(role_arn: str) -> str:
    """Returns the name of a role, without its path."""
    return Arn.parse(role_arn).resource.rpartition("/")[2]


def require(
    ctx: Context, role_arn: str, action: str, resource: str, context: dict[str, str] | None = None
) -> None:
    """Raises Denied unless a role may do an action."""
    if not ctx.role_may(role_arn, action, resource, context):
        role = assumed_role_arn(ctx.account, role_name(role_arn), ROLE_SESSION)
        raise Denied(
            f"User: {role} is not authorized to perform: {action} on resource: {resource} because no "
            f"identity-based policy allows the {action} action",
            code="AccessDenied",
            http_status=403,
        )
