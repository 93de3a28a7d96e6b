"""Versions of a managed policy: up to five, one of them the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.services.access.directory import POLICY

from ._entities import change_entity, delete_conflict, encoded, limit_exceeded, nothing_there
from ._managed import checked_document, find_managed, own_managed
from ._paging import page_of

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import (
        CreatePolicyVersionRequestTypeDef,
        DeletePolicyVersionRequestTypeDef,
        GetPolicyVersionRequestTypeDef,
        ListPolicyVersionsRequestTypeDef,
        SetDefaultPolicyVersionRequestTypeDef,
    )

    from clary.services.context import Context, Document

VERSION_LIMIT = 5


def create_policy_version(ctx: Context, request: CreatePolicyVersionRequestTypeDef) -> Document:
    """Raises LimitExceeded for a sixth version."""
    policy = own_managed(ctx, request["PolicyArn"])
    text = checked_document(request["PolicyDocument"], policy["PolicyName"])
    now = ctx.now()

    def with_version(policy: Document) -> Document:
        if len(policy["_versions"]) >= VERSION_LIMIT:
            raise limit_exceeded(
                f"A managed policy can have up to {VERSION_LIMIT} versions. "
                "Before you create a new version, you must delete an existing version."
            )
        version = {"VersionId": f"v{policy['_next_version']}", "Document": text, "CreateDate": now}
        changes = {
            "_versions": [*policy["_versions"], version],
            "_next_version": policy["_next_version"] + 1,
            "UpdateDate": now,
        }
        if request.get("SetAsDefault"):
            changes["DefaultVersionId"] = version["VersionId"]
        return changes

    policy = change_entity(ctx, POLICY, policy["PolicyName"], with_version)
    created = _version_shown(policy, policy["_versions"][-1])
    return {"PolicyVersion": {name: value for name, value in created.items() if name != "Document"}}


def get_policy_version(ctx: Context, request: GetPolicyVersionRequestTypeDef) -> Document:
    policy = find_managed(ctx, request["PolicyArn"])
    return {"PolicyVersion": _version_shown(policy, _version(policy, request["VersionId"]))}


def list_policy_versions(ctx: Context, request: ListPolicyVersionsRequestTypeDef) -> Document:
    """Returns the newest version first, without documents."""
    policy = find_managed(ctx, request["PolicyArn"])
    newest_first = list(reversed(policy["_versions"]))
    order = {version["VersionId"]: f"{position:06d}" for position, version in enumerate(newest_first)}
    page, more = page_of(newest_first, lambda version: order[version["VersionId"]], request)
    shown = [_version_shown(policy, version) for version in page]
    return {"Versions": [{**version, "Document": None} for version in shown], **more}


def set_default_policy_version(ctx: Context, request: SetDefaultPolicyVersionRequestTypeDef) -> Document:
    policy = own_managed(ctx, request["PolicyArn"])

    def with_default(policy: Document) -> Document:
        version = _version(policy, request["VersionId"])
        return {"DefaultVersionId": version["VersionId"], "UpdateDate": ctx.now()}

    change_entity(ctx, POLICY, policy["PolicyName"], with_default)
    return {}


def delete_policy_version(ctx: Context, request: DeletePolicyVersionRequestTypeDef) -> Document:
    """Raises DeleteConflict for the default version."""
    policy = own_managed(ctx, request["PolicyArn"])

    def without_version(policy: Document) -> Document:
        gone = _version(policy, request["VersionId"])["VersionId"]
        if gone == policy["DefaultVersionId"]:
            raise delete_conflict("Cannot delete the default version of a policy.")
        return {"_versions": [known for known in policy["_versions"] if known["VersionId"] != gone]}

    change_entity(ctx, POLICY, policy["PolicyName"], without_version)
    return {}


def _version(policy: Document, version_id: str) -> Document:
    for version in policy["_versions"]:
        if version["VersionId"] == version_id:
            return dict(version)
    raise nothing_there(f"Policy {policy['Arn']} version {version_id} does not exist.")


def _version_shown(policy: Document, version: Document) -> Document:
    return {
        **version,
        "Document": encoded(version["Document"]),
        "IsDefaultVersion": version["VersionId"] == policy["DefaultVersionId"],
    }
