"""Policies of a user: its own, those attached to it, and its boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.services.access.directory import USER

from . import _policies

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import (
        AttachUserPolicyRequestTypeDef,
        DeleteUserPermissionsBoundaryRequestTypeDef,
        DeleteUserPolicyRequestTypeDef,
        DetachUserPolicyRequestTypeDef,
        GetUserPolicyRequestTypeDef,
        ListAttachedUserPoliciesRequestTypeDef,
        ListUserPoliciesRequestTypeDef,
        PutUserPermissionsBoundaryRequestTypeDef,
        PutUserPolicyRequestTypeDef,
    )

    from clary.services.context import Context, Document


def put_user_policy(ctx: Context, request: PutUserPolicyRequestTypeDef) -> Document:
    return _policies.put_inline(ctx, USER, request)


def get_user_policy(ctx: Context, request: GetUserPolicyRequestTypeDef) -> Document:
    return _policies.get_inline(ctx, USER, request)


def list_user_policies(ctx: Context, request: ListUserPoliciesRequestTypeDef) -> Document:
    return _policies.list_inline(ctx, USER, request)


def delete_user_policy(ctx: Context, request: DeleteUserPolicyRequestTypeDef) -> Document:
    return _policies.delete_inline(ctx, USER, request)


def attach_user_policy(ctx: Context, request: AttachUserPolicyRequestTypeDef) -> Document:
    return _policies.attach(ctx, USER, request)


def detach_user_policy(ctx: Context, request: DetachUserPolicyRequestTypeDef) -> Document:
    return _policies.detach(ctx, USER, request)


def list_attached_user_policies(ctx: Context, request: ListAttachedUserPoliciesRequestTypeDef) -> Document:
    return _policies.list_attached(ctx, USER, request)


def put_user_permissions_boundary(
    ctx: Context, request: PutUserPermissionsBoundaryRequestTypeDef
) -> Document:
    return _policies.put_boundary(ctx, USER, request)


def delete_user_permissions_boundary(
    ctx: Context, request: DeleteUserPermissionsBoundaryRequestTypeDef
) -> Document:
    return _policies.delete_boundary(ctx, USER, request)
