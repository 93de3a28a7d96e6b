"""Managed policies, which are attached by ARN.

Those of AWS (``arn:aws:iam::aws:policy/...``) can be read, but not changed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clary.services.access.aws_managed import aws_managed_policies
from clary.services.access.credentials import new_id
from clary.services.access.directory import POLICY, ROLE, USER, record_name
from clary.store.records import RecordExists

from ._entities import (
    added_tags,
    change_entity,
    checked_tags,
    delete_conflict,
    exists_already,
    removed_tags,
    with_date,
)
from ._managed import aws_policy, checked_document, find_managed, own_managed
from ._paging import page_of

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import (
        CreatePolicyRequestTypeDef,
        DeletePolicyRequestTypeDef,
        GetPolicyRequestTypeDef,
        ListEntitiesForPolicyRequestTypeDef,
        ListPoliciesRequestTypeDef,
        ListPolicyTagsRequestTypeDef,
        TagPolicyRequestTypeDef,
        UntagPolicyRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_policy(ctx: Context, request: CreatePolicyRequestTypeDef) -> Document:
    """Raises EntityAlreadyExists (names are unique over all paths), MalformedPolicyDocument."""
    name, path = request["PolicyName"], request.get("Path", "/")
    arn = f"arn:aws:iam::{ctx.account}:policy{path}{name}"
    now = ctx.now()
    document = {
        "PolicyName": name,
        "PolicyId": new_id("ANPA", 17),
        "Arn": arn,
        "Path": path,
        "DefaultVersionId": "v1",
        "IsAttachable": True,
        "UpdateDate": now,
        "Tags": checked_tags(request.get("Tags", [])),
        "_versions": [
            {
                "VersionId": "v1",
                "Document": checked_document(request["PolicyDocument"], name),
                "CreateDate": now,
            }
        ],
        "_next_version": 2,
    }
    if "Description" in request:
        document["Description"] = request["Description"]
    try:
        ctx.records.insert(POLICY, record_name(POLICY, name), document, arn=arn)
    except RecordExists:
        raise exists_already(POLICY, name) from None
    return {"Policy": {**with_date(own_managed(ctx, arn)), "AttachmentCount": 0}}


def get_policy(ctx: Context, request: GetPolicyRequestTypeDef) -> Document:
    policy = find_managed(ctx, request["PolicyArn"])
    return {"Policy": _with_counts(policy, _attachments(ctx), _boundaries(ctx))}


def list_policies(ctx: Context, request: ListPoliciesRequestTypeDef) -> Document:
    """Lists AWS's policies too, unless ``Scope`` is Local."""
    scope, prefix = request.get("Scope", "All"), request.get("PathPrefix", "/")
    found = list(ctx.records.each(POLICY)) if scope != "AWS" else []
    if scope != "Local":
        found += [aws_policy(arn) for arn in aws_managed_policies()]
    attachments, boundaries = _attachments(ctx), _boundaries(ctx)
    used = boundaries if request.get("PolicyUsageFilter") == "PermissionsBoundary" else attachments
    shown = [
        _with_counts(policy, attachments, boundaries)
        for policy in found
        if policy["Path"].startswith(prefix) and (used[policy["Arn"]] or not request.get("OnlyAttached"))
    ]
    page, more = page_of(shown, lambda policy: policy["Arn"], request)
    return {"Policies": page, **more}


def delete_policy(ctx: Context, request: DeletePolicyRequestTypeDef) -> Document:
    """Raises DeleteConflict while it is attached, or has versions beside the default one."""
    arn = request["PolicyArn"]
    policy = own_managed(ctx, arn)
    if _attachments(ctx)[arn] or _boundaries(ctx)[arn]:
        raise delete_conflict("Cannot delete a policy attached to entities.")
    if len(policy["_versions"]) > 1:
        raise delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    ctx.records.delete(POLICY, record_name(POLICY, policy["PolicyName"]))
    return {}


def list_entities_for_policy(ctx: Context, request: ListEntitiesForPolicyRequestTypeDef) -> Document:
    """Returns the users and roles with a policy attached, or as boundary."""
    arn = find_managed(ctx, request["PolicyArn"])["Arn"]
    usage, wanted = request.get("PolicyUsageFilter"), request.get("EntityFilter")
    prefix = request.get("PathPrefix", "/")
    found = []
    for kind, noun in ((ROLE, "Role"), (USER, "User")):
        if wanted in (None, noun):
            found += [
                (noun, entity)
                for entity in ctx.records.each(kind)
                if _uses(entity, arn, usage) and entity["Path"].startswith(prefix)
            ]
    page, more = page_of(found, lambda pair: f"{pair[0]}/{pair[1][f'{pair[0]}Name'].lower()}", request)
    roles = [
        {"RoleName": role["RoleName"], "RoleId": role["RoleId"]} for noun, role in page if noun == "Role"
    ]
    users = [
        {"UserName": user["UserName"], "UserId": user["UserId"]} for noun, user in page if noun == "User"
    ]
    return {"PolicyGroups": [], "PolicyUsers": users, "PolicyRoles": roles, **more}


def tag_policy(ctx: Context, request: TagPolicyRequestTypeDef) -> Document:
    policy = own_managed(ctx, request["PolicyArn"])
    change_entity(
        ctx,
        POLICY,
        policy["PolicyName"],
        lambda policy: {"Tags": added_tags(policy["Tags"], request["Tags"])},
    )
    return {}


def untag_policy(ctx: Context, request: UntagPolicyRequestTypeDef) -> Document:
    policy = own_managed(ctx, request["PolicyArn"])
    change_entity(
        ctx,
        POLICY,
        policy["PolicyName"],
        lambda policy: {"Tags": removed_tags(policy["Tags"], request["TagKeys"])},
    )
    return {}


def list_policy_tags(ctx: Context, request: ListPolicyTagsRequestTypeDef) -> Document:
    page, more = page_of(
        find_managed(ctx, request["PolicyArn"])["Tags"], lambda tag: str(tag["Key"]), request
    )
    return {"Tags": page, **more}


def _with_counts(policy: Document, attachments: Counter[str], boundaries: Counter[str]) -> Document:
    return {
        **with_date(policy),
        "AttachmentCount": attachments[policy["Arn"]],
        "PermissionsBoundaryUsageCount": boundaries[policy["Arn"]],
    }


def _attachments(ctx: Context) -> Counter[str]:
    """Returns, by policy ARN, the number of users and roles that it is attached to."""
    return Counter(
        arn for kind in (USER, ROLE) for entity in ctx.records.each(kind) for arn in entity["_attached"]
    )


def _boundaries(ctx: Context) -> Counter[str]:
    return Counter(
        entity["_boundary"]
        for kind in (USER, ROLE)
        for entity in ctx.records.each(kind)
        if entity.get("_boundary")
    )


def _uses(entity: Document, arn: str, usage: str | None) -> bool:
    attached, bounds = arn in entity["_attached"], entity.get("_boundary") == arn
    if usage == "PermissionsPolicy":
        return attached
    return bounds if usage == "PermissionsBoundary" else attached or bounds
