"""IAM: ``iam:<Operation>`` on the user, role or policy the request names."""

from __future__ import annotations

import re
from typing import Any

from clary.domain.identity import PrincipalKind
from clary.services.access.directory import ACCESS_KEY, ROLE, USER

from .requirement import Requirement, Scope, request_tags

_OF_ONESELF = frozenset(
    {
        "ChangePassword",
        "CreateAccessKey",
        "CreateLoginProfile",
        "DeleteAccessKey",
        "DeleteLoginProfile",
        "GetLoginProfile",
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
"""Operations that are about the caller when they have no UserName."""

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

_WITHIN_A_BOUNDARY = re.compile(
    r"(Attach|Detach|Put|Delete)(User|Role)Policy|Delete(User|Role)PermissionsBoundary"
)
"""Operations whose iam:PermissionsBoundary is that of the existing user or role, not one in the request."""

_ATTACHING = frozenset({"AttachUserPolicy", "AttachRolePolicy", "DetachUserPolicy", "DetachRolePolicy"})


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    context = request_tags(params.get("Tags") or params.get("TagKeys"))
    boundary = params.get("PermissionsBoundary") or _present_boundary(operation, params, scope)
    if boundary:
        context["iam:permissionsboundary"] = boundary
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
    if operation == "GetAccessKeyLastUsed":
        return _owner_of_key(params, scope)
    if operation in _OF_ONESELF and scope.caller is not None and scope.caller.kind is PrincipalKind.USER:
        return scope.caller.arn
    return next((str(params[member]) for member in _ARNS if params.get(member)), "*")


def _present_boundary(operation: str, params: dict[str, Any], scope: Scope) -> str:
    kind = USER if "User" in operation else ROLE
    name = params.get("UserName" if kind == USER else "RoleName")
    if scope.directory is None or not name or not _WITHIN_A_BOUNDARY.fullmatch(operation):
        return ""
    return str((scope.directory.find(kind, name) or {}).get("_boundary") or "")


def _existing(kind: str, name: str, scope: Scope) -> str | None:
    """Returns the ARN of an existing user or role, with its path."""
    if scope.directory is None or kind not in ("user", "role"):
        return None
    found = scope.directory.find(USER if kind == "user" else ROLE, name)
    return None if found is None else str(found["Arn"])


def _owner_of_key(params: dict[str, Any], scope: Scope) -> str:
    """Returns the user of an access key; ``*`` for an unknown key."""
    key = params.get("AccessKeyId")
    found = scope.directory.find(ACCESS_KEY, key) if scope.directory is not None and key else None
    return "*" if found is None else _existing("user", found["UserName"], scope) or "*"
