"""Evaluates trust policies: who may assume a role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from .document import PolicyKind
from .policy import compile_policy

if TYPE_CHECKING:
    from .patterns import Context
    from .policy import Statement

SAGEMAKER = "sagemaker.amazonaws.com"


class Trust(Enum):
    """NAMED: the policy names this principal, which is sufficient.
    ACCOUNT: it trusts the account, whose own policies decide. NONE: it does not allow, or denies."""

    NAMED = "named"
    ACCOUNT = "account"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who sends a request. names: its ARNs and ids in policies; service: instead of names, for a service."""

    account: str = ""
    names: frozenset[str] = frozenset()
    service: str = ""


def trust_of(document: str, principal: Principal, action: str, resource: str, context: Context) -> Trust:
    """Evaluates the trust policy ``document`` of the role ``resource`` for ``principal``."""
    found = Trust.NONE
    for _, statement in compile_policy(document, PolicyKind.TRUST).about(action.lower()):
        match = _match(statement, principal)
        if match is Trust.NONE or not statement.holds(resource, context):
            continue
        if not statement.allow:
            return Trust.NONE
        if found is not Trust.NAMED:
            found = match
    return found


def trusts_service(document: str, role_arn: str, *, account: str = "", source_arn: str = "") -> bool:
    """May SageMaker assume the role, to run a job in its name?

    source_arn: the job. Trust policies check it, and its account, so that no other account's job can assume
    the role.
    """
    context = {
        "aws:principalisawsservice": "true",
        "aws:principalservicename": SAGEMAKER,
        **({"aws:sourceaccount": account} if account else {}),
        **({"aws:sourcearn": source_arn} if source_arn else {}),
    }
    principal = Principal(service=SAGEMAKER)
    return trust_of(document, principal, "sts:AssumeRole", role_arn, context) is not Trust.NONE


def _match(statement: Statement, principal: Principal) -> Trust:
    match = _named(statement.principals, principal)
    if not statement.all_principals_but:
        return match
    return Trust.NAMED if match is Trust.NONE else Trust.NONE


def _named(principals: dict[str, tuple[str, ...]], principal: Principal) -> Trust:
    if principal.service:
        return Trust.NAMED if principal.service in principals.get("Service", ()) else Trust.NONE
    names = principals.get("AWS", ())
    if "*" in names or not principal.names.isdisjoint(names):
        return Trust.NAMED
    root = f"arn:aws:iam::{principal.account}:root"
    return Trust.ACCOUNT if principal.account in names or root in names else Trust.NONE
