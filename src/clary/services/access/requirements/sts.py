"""STS: assuming a role needs an action; GetCallerIdentity needs none."""

from __future__ import annotations

from typing import Any

from .requirement import Requirement, Scope, request_tags

_FREE = frozenset({"GetCallerIdentity", "GetSessionToken"})


def requirements(operation: str, params: dict[str, Any], scope: Scope) -> list[Requirement]:
    if operation in _FREE:
        return []
    context = dict(request_tags(params.get("Tags")))
    for member, key in (
        ("ExternalId", "sts:externalid"),
        ("RoleSessionName", "sts:rolesessionname"),
        ("SourceIdentity", "sts:sourceidentity"),
        ("TransitiveTagKeys", "sts:transitivetagkeys"),
    ):
        if params.get(member):
            context[key] = params[member]
    resource = params.get("RoleArn", "*")
    needed = [Requirement(f"sts:{operation}", resource, context)]
    for member, action in (("Tags", "sts:TagSession"), ("SourceIdentity", "sts:SetSourceIdentity")):
        if params.get(member):
            needed.append(Requirement(action, resource, context))
    return needed
