"""Roles of jobs and sessions, and their trust policies, which say who may assume them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import role_arn
from clary.services.access.credentials import new_id
from clary.services.access.directory import ROLE, record_name
from clary.services.access.document import PolicyKind
from clary.services.access.policy import compile_policy
from clary.store.records import RecordExists

from ._entities import (
    added_tags,
    change_entity,
    check_size,
    checked_tags,
    delete_conflict,
    encoded,
    exists_already,
    get_entity,
    removed_tags,
    with_date,
)
from ._paging import page_of
from ._policies import boundary_members

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import (
        CreateRoleRequestTypeDef,
        DeleteRoleRequestTypeDef,
        GetRoleRequestTypeDef,
        ListRolesRequestTypeDef,
        ListRoleTagsRequestTypeDef,
        TagRoleRequestTypeDef,
        UntagRoleRequestTypeDef,
        UpdateAssumeRolePolicyRequestTypeDef,
        UpdateRoleDescriptionRequestTypeDef,
        UpdateRoleRequestTypeDef,
    )

    from clary.services.context import Context, Document

TRUST_LIMIT = 4_096


def create_role(ctx: Context, request: CreateRoleRequestTypeDef) -> Document:
    """Raises EntityAlreadyExists, and MalformedPolicyDocument for the trust policy."""
    name, path = request["RoleName"], request.get("Path", "/")
    document = {
        "RoleName": name,
        "RoleId": new_id("AROA", 17),
        "Arn": role_arn(ctx.account, name, path),
        "Path": path,
        "MaxSessionDuration": request.get("MaxSessionDuration", 3_600),
        "Tags": checked_tags(request.get("Tags", [])),
        "_trust": _checked_trust(request["AssumeRolePolicyDocument"]),
        "_policies": {},
        "_attached": [],
        **boundary_members(ctx, request.get("PermissionsBoundary")),
    }
    if "Description" in request:
        document["Description"] = request["Description"]
    try:
        ctx.records.insert(ROLE, record_name(ROLE, name), document, arn=document["Arn"])
    except RecordExists:
        raise exists_already(ROLE, name) from None
    return {"Role": _shown(get_entity(ctx, ROLE, name))}


def get_role(ctx: Context, request: GetRoleRequestTypeDef) -> Document:
    return {"Role": {"RoleLastUsed": {}, **_shown(get_entity(ctx, ROLE, request["RoleName"]))}}


def list_roles(ctx: Context, request: ListRolesRequestTypeDef) -> Document:
    prefix = request.get("PathPrefix", "/")
    roles = (role for role in ctx.records.each(ROLE) if role["Path"].startswith(prefix))
    page, more = page_of(roles, lambda role: role["RoleName"].lower(), request)
    return {"Roles": [_shown(role) for role in page], **more}


def update_role(ctx: Context, request: UpdateRoleRequestTypeDef) -> Document:
    changes: Document = {
        name: request[name] for name in ("Description", "MaxSessionDuration") if name in request
    }
    change_entity(ctx, ROLE, request["RoleName"], lambda _role: changes)
    return {}


def update_role_description(ctx: Context, request: UpdateRoleDescriptionRequestTypeDef) -> Document:
    role = change_entity(
        ctx, ROLE, request["RoleName"], lambda _role: {"Description": request["Description"]}
    )
    return {"Role": _shown(role)}


def update_assume_role_policy(ctx: Context, request: UpdateAssumeRolePolicyRequestTypeDef) -> Document:
    """Raises MalformedPolicyDocument."""
    trust = _checked_trust(request["PolicyDocument"])
    change_entity(ctx, ROLE, request["RoleName"], lambda _role: {"_trust": trust})
    return {}


def delete_role(ctx: Context, request: DeleteRoleRequestTypeDef) -> Document:
    """Ends every session of the role. Raises DeleteConflict while it has policies."""
    name = request["RoleName"]
    role = get_entity(ctx, ROLE, name)
    for member, what in (
        ("_policies", "delete its policies first"),
        ("_attached", "detach all policies first"),
    ):
        if role[member]:
            raise delete_conflict(f"Cannot delete entity, must {what}: role {name}")
    ctx.records.delete(ROLE, record_name(ROLE, name))
    return {}


def tag_role(ctx: Context, request: TagRoleRequestTypeDef) -> Document:
    change_entity(
        ctx, ROLE, request["RoleName"], lambda role: {"Tags": added_tags(role["Tags"], request["Tags"])}
    )
    return {}


def untag_role(ctx: Context, request: UntagRoleRequestTypeDef) -> Document:
    change_entity(
        ctx, ROLE, request["RoleName"], lambda role: {"Tags": removed_tags(role["Tags"], request["TagKeys"])}
    )
    return {}


def list_role_tags(ctx: Context, request: ListRoleTagsRequestTypeDef) -> Document:
    tags = get_entity(ctx, ROLE, request["RoleName"])["Tags"]
    page, more = page_of(tags, lambda tag: str(tag["Key"]), request)
    return {"Tags": page, **more}


def _checked_trust(document: str) -> str:
    compile_policy(document, PolicyKind.TRUST)
    check_size(document, TRUST_LIMIT, "the trust policy")
    return document


def _shown(role: Document) -> Document:
    return {**with_date(role), "AssumeRolePolicyDocument": encoded(role["_trust"])}
