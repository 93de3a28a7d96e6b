"""A first authorization, before the parameters of a large request are parsed.

It refuses only callers that ``authorize`` would refuse too, for all possible parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import Denied
from clary.domain.identity import PrincipalKind

from .directory import ROLE, USER, directory_of

if TYPE_CHECKING:
    from clary.domain.identity import Caller
    from clary.store.records import Records

_NAMED_BY_OPERATION = frozenset({"sagemaker", "logs", "cloudwatch", "iam", "ecr"})
"""Services whose actions have the names of their operations."""


def refuse_early(caller: Caller, records: Records, service: str, operation: str) -> None:
    """Raises Denied when no policy of the caller allows the operation on anything."""
    if caller.kind in (PrincipalKind.ROOT, PrincipalKind.HOST) or service not in _NAMED_BY_OPERATION:
        return
    kind = USER if caller.kind is PrincipalKind.USER else ROLE
    identity = directory_of(records).identity(kind, caller.name)
    action = f"{service}:{operation}"
    if identity is not None and any(
        statement.allow for policy in identity.policies for _, statement in policy.about(action.lower())
    ):
        return
    message = (
        f"User: {caller.arn} is not authorized to perform: {action} on resource: * "
        f"because no identity-based policy allows the {action} action"
    )
    if service == "iam":
        raise Denied(message, code="AccessDenied", http_status=403)
    raise Denied(message)
