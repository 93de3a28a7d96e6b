"""IAM: ``iam:<Operation>`` on the user, role or policy the request names."""

from __future__ import annotations

from typing import Any

from clary.domain.identity import PrincipalKind
from clary.services.access.directory import ROLE, USER

from .requirement import Requirement, Scope, request_tags

_OF_ONESELF = frozenset(
    {
        "ChangePassword",
        "CreateAccessKey",
        "DeleteAccessKey",
        "GetUser",
        "ListAccessKeys",
        "ListGroupsForUser",
        "ListMFADevices",
        "ListSSHPublicKeys",
        "ListServiceSpecificCredentials",
        "ListSigningCertificates",
        "UpdateAccessKey",
    }
)
"""Without a UserName these are about the caller."""

_LISTED = {"ListUsers": "user", "ListRoles": "role", "ListPolicies": "policy", "ListGroups": "group"}

_NAMED_BY = {
    "UserName": "user",
    "RoleName": "role",
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
    "ServerCertificateName": "server-certificate",
}

_ARNS = (
    "PolicySourceArn",
    "OpenIDConnectProviderArn",
    "SAMLProviderArn",
    "RoleArn",
)

_ATTACHING = frozenset({"AttachUserPolicy", "AttachRolePolicy", "DetachUserPolicy", "DetachRolePolicy"})


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    context = dict(request_tags(params.get("Tags")))
    if params.get("PermissionsBoundary"):
        context["iam:permissionsboundary"] = params["PermissionsBoundary"]
    if operation in _ATTACHING and params.get("PolicyArn"):
        context["iam:policyarn"] = params["PolicyArn"]
    return [Requirement(f"iam:{operation}", _resource(operation, params, scope), context)]


def _resource(operation: str, params: dict[str, Any], scope: Scope) -> str:
    start = f"arn:aws:iam::{scope.account}:"
    if operation in _LISTED:
        return f"{start}{_LISTED[operation]}{params.get('PathPrefix', '/')}"
    if operation == "CreatePolicy":
        return f"{start}policy{params.get('Path', '/')}{params.get('PolicyName', '')}"
    for member, kind in _NAMED_BY.items():
        if params.get(member):
            return _existing(kind, params[member], scope) or (
                f"{start}{kind}{params.get('Path', '/')}{params[member]}"
            )
    if params.get("PolicyArn"):
        return str(params["PolicyArn"])
    if operation in _OF_ONESELF and scope.caller is not None and scope.caller.kind is PrincipalKind.USER:
        return scope.caller.arn
    return next((str(params[member]) for member in _ARNS if params.get(member)), "*")


def _existing(kind: str, name: str, scope: Scope) -> str | None:
    """The ARN of a user or role as it stands, path and all."""
    if scope.directory is None or kind not in ("user", "role"):
        return None
    found = scope.directory.find(USER if kind == "user" else ROLE, name)
    return None if found is None else str(found["Arn"])
