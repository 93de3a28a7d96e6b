"""Policies of users and of roles: operations that exist for both.

Inline policies belong to one user or role; managed ones are attached by ARN; a boundary is a managed
policy that limits an identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import BadRequest
from clary.services.access.directory import directory_of
from clary.services.access.policy import compile_policy

from ._entities import (
    NAME_MEMBERS,
    NOUNS,
    change_entity,
    check_size,
    encoded,
    get_entity,
    limit_exceeded,
    nothing_there,
)
from ._paging import page_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Document

ATTACHED_LIMIT = 20

_INLINE_LIMITS = {"user": 2_048, "role": 10_240}


def put_inline(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    """Raises MalformedPolicyDocument, NoSuchEntity, LimitExceeded for all inline policies together."""
    text = request["PolicyDocument"]
    compile_policy(text)
    noun, name = NOUNS[kind], request[NAME_MEMBERS[kind]]

    def with_policy(entity: Document) -> Document:
        policies = {**entity["_policies"], request["PolicyName"]: text}
        check_size("".join(policies.values()), _INLINE_LIMITS[noun], f"{noun} {name}")
        return {"_policies": policies}

    change_entity(ctx, kind, name, with_policy)
    return {}


def get_inline(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    entity = get_entity(ctx, kind, request[NAME_MEMBERS[kind]])
    name = request["PolicyName"]
    if name not in entity["_policies"]:
        raise _no_inline(kind, name)
    return {
        NAME_MEMBERS[kind]: entity[NAME_MEMBERS[kind]],
        "PolicyName": name,
        "PolicyDocument": encoded(entity["_policies"][name]),
    }


def list_inline(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    entity = get_entity(ctx, kind, request[NAME_MEMBERS[kind]])
    page, more = page_of(entity["_policies"], str, request)
    return {"PolicyNames": page, **more}


def delete_inline(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    name = request["PolicyName"]

    def without_policy(entity: Document) -> Document:
        if name not in entity["_policies"]:
            raise _no_inline(kind, name)
        return {"_policies": {key: text for key, text in entity["_policies"].items() if key != name}}

    change_entity(ctx, kind, request[NAME_MEMBERS[kind]], without_policy)
    return {}


def attach(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    """Attaching an attached policy changes nothing. Raises NoSuchEntity for the policy, LimitExceeded."""
    arn = request["PolicyArn"]
    _check_attachable(ctx, arn)

    def with_policy(entity: Document) -> Document:
        attached = entity["_attached"] if arn in entity["_attached"] else [*entity["_attached"], arn]
        if len(attached) > ATTACHED_LIMIT:
            raise limit_exceeded(
                f"Cannot exceed quota for PoliciesPer{NOUNS[kind].capitalize()}: {ATTACHED_LIMIT}"
            )
        return {"_attached": attached}

    change_entity(ctx, kind, request[NAME_MEMBERS[kind]], with_policy)
    return {}


def detach(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    arn = request["PolicyArn"]

    def without_policy(entity: Document) -> Document:
        if arn not in entity["_attached"]:
            raise nothing_there(f"Policy {arn} was not found: it is not attached to this {NOUNS[kind]}.")
        return {"_attached": [known for known in entity["_attached"] if known != arn]}

    change_entity(ctx, kind, request[NAME_MEMBERS[kind]], without_policy)
    return {}


def list_attached(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    entity = get_entity(ctx, kind, request[NAME_MEMBERS[kind]])
    prefix = request.get("PathPrefix", "/")
    attached = [arn for arn in entity["_attached"] if arn.partition(":policy")[2].startswith(prefix)]
    page, more = page_of(attached, str, request)
    return {
        "AttachedPolicies": [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in page],
        **more,
    }


def put_boundary(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    members = boundary_members(ctx, request["PermissionsBoundary"])
    change_entity(ctx, kind, request[NAME_MEMBERS[kind]], lambda _entity: members)
    return {}


def delete_boundary(ctx: Context, kind: str, request: Mapping[str, Any]) -> Document:
    none = {"PermissionsBoundary": None, "_boundary": ""}
    change_entity(ctx, kind, request[NAME_MEMBERS[kind]], lambda _entity: none)
    return {}


def boundary_members(ctx: Context, arn: str | None) -> dict[str, Any]:
    """Returns the members of a user's or role's document for its boundary. Raises NoSuchEntity."""
    if arn is None:
        return {}
    _check_attachable(ctx, arn)
    return {
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
            "PermissionsBoundaryArn": arn,
        },
        "_boundary": arn,
    }


def _check_attachable(ctx: Context, arn: str) -> None:
    if not arn.startswith("arn:"):
        raise BadRequest(f"ARN {arn} is not valid.", code="ValidationError")
    if directory_of(ctx.records).policy_text(arn) is None:
        raise nothing_there(f"Policy {arn} does not exist or is not attachable.")


def _no_inline(kind: str, name: str) -> Exception:
    return nothing_there(f"The {NOUNS[kind]} policy with name {name} cannot be found.")
