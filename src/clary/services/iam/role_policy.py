"""Policies of a role: its own, those attached to it, and its boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.services.access.directory import ROLE

from . import _policies

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import (
        AttachRolePolicyRequestTypeDef,
        DeleteRolePermissionsBoundaryRequestTypeDef,
        DeleteRolePolicyRequestTypeDef,
        DetachRolePolicyRequestTypeDef,
        GetRolePolicyRequestTypeDef,
        ListAttachedRolePoliciesRequestTypeDef,
        ListRolePoliciesRequestTypeDef,
        PutRolePermissionsBoundaryRequestTypeDef,
        PutRolePolicyRequestTypeDef,
    )

    from clary.services.context import Context, Document


def put_role_policy(ctx: Context, request: PutRolePolicyRequestTypeDef) -> Document:
    return _policies.put_inline(ctx, ROLE, request)


def get_role_policy(ctx: Context, request: GetRolePolicyRequestTypeDef) -> Document:
    return _policies.get_inline(ctx, ROLE, request)


def list_role_policies(ctx: Context, request: ListRolePoliciesRequestTypeDef) -> Document:
    return _policies.list_inline(ctx, ROLE, request)


def delete_role_policy(ctx: Context, request: DeleteRolePolicyRequestTypeDef) -> Document:
    return _policies.delete_inline(ctx, ROLE, request)


def attach_role_policy(ctx: Context, request: AttachRolePolicyRequestTypeDef) -> Document:
    return _policies.attach(ctx, ROLE, request)


def detach_role_policy(ctx: Context, request: DetachRolePolicyRequestTypeDef) -> Document:
    return _policies.detach(ctx, ROLE, request)


def list_attached_role_policies(ctx: Context, request: ListAttachedRolePoliciesRequestTypeDef) -> Document:
    return _policies.list_attached(ctx, ROLE, request)


def put_role_permissions_boundary(
    ctx: Context, request: PutRolePermissionsBoundaryRequestTypeDef
) -> Document:
    return _policies.put_boundary(ctx, ROLE, request)


def delete_role_permissions_boundary(
    ctx: Context, request: DeleteRolePermissionsBoundaryRequestTypeDef
) -> Document:
    return _policies.delete_boundary(ctx, ROLE, request)
