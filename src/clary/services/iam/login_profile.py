"""Login profiles: the passwords with which users sign in to Studio.

With ``PasswordResetRequired`` the next sign-in begins no session before another password is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest, Conflict, Denied
from clary.domain.identity import PrincipalKind
from clary.services.access.directory import USER, record_name
from clary.services.access.passwords import LOGIN_PROFILE, check_password, password_matches, password_members
from clary.store.records import RecordExists, RecordMissing

from ._entities import get_entity, named_or_self, nothing_there

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import (
        ChangePasswordRequestTypeDef,
        CreateLoginProfileRequestTypeDef,
        DeleteLoginProfileRequestTypeDef,
        GetLoginProfileRequestTypeDef,
        UpdateLoginProfileRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_login_profile(ctx: Context, request: CreateLoginProfileRequestTypeDef) -> Document:
    """Raises NoSuchEntity, EntityAlreadyExists, PasswordPolicyViolation."""
    user = get_entity(ctx, USER, named_or_self(ctx, request))
    name = user["UserName"]
    if "Password" not in request:
        raise BadRequest("A login profile of a user needs a Password", code="ValidationError")
    check_password(name, request["Password"])
    document = {
        "UserName": name,
        "PasswordResetRequired": request.get("PasswordResetRequired", False),
        **password_members(request["Password"]),
    }
    try:
        ctx.records.insert(LOGIN_PROFILE, record_name(USER, name), document)
    except RecordExists:
        raise Conflict(
            f"Login Profile for user {name} already exists.", code="EntityAlreadyExists", http_status=409
        ) from None
    return {"LoginProfile": _shown(_profile(ctx, name))}


def get_login_profile(ctx: Context, request: GetLoginProfileRequestTypeDef) -> Document:
    """Raises NoSuchEntity."""
    return {"LoginProfile": _shown(_profile(ctx, named_or_self(ctx, request)))}


def update_login_profile(ctx: Context, request: UpdateLoginProfileRequestTypeDef) -> Document:
    """A new password ends the user's sessions. Raises NoSuchEntity, PasswordPolicyViolation."""
    name = _profile(ctx, request["UserName"])["UserName"]
    changes: Document = {}
    if "Password" in request:
        check_password(name, request["Password"])
        changes |= password_members(request["Password"])
    if "PasswordResetRequired" in request:
        changes["PasswordResetRequired"] = request["PasswordResetRequired"]
    ctx.records.update(LOGIN_PROFILE, record_name(USER, name), changes)
    return {}


def delete_login_profile(ctx: Context, request: DeleteLoginProfileRequestTypeDef) -> Document:
    """Ends the user's sessions. Raises NoSuchEntity."""
    name = named_or_self(ctx, request)
    try:
        ctx.records.delete(LOGIN_PROFILE, record_name(USER, name))
    except RecordMissing:
        raise _no_profile(name) from None
    return {}


def change_password(ctx: Context, request: ChangePasswordRequestTypeDef) -> Document:
    """The caller's own. Raises AccessDenied, PasswordPolicyViolation, NoSuchEntity."""
    if ctx.caller.kind is not PrincipalKind.USER:
        raise BadRequest("Only a user has a password to change", code="ValidationError")
    profile = _profile(ctx, ctx.caller.name)
    if not password_matches(request["OldPassword"], profile["_hash"]):
        raise Denied("The old password was incorrect.", code="AccessDenied", http_status=403)
    check_password(profile["UserName"], request["NewPassword"])
    changes = {"PasswordResetRequired": False, **password_members(request["NewPassword"])}
    ctx.records.update(LOGIN_PROFILE, record_name(USER, profile["UserName"]), changes)
    return {}


def _profile(ctx: Context, user_name: str) -> Document:
    found = ctx.records.find(LOGIN_PROFILE, record_name(USER, user_name))
    if found is None:
        raise _no_profile(user_name)
    return found


def _no_profile(user_name: str) -> Exception:
    return nothing_there(f"Login Profile for User {user_name} cannot be found.")


def _shown(profile: Document) -> Document:
    return {**profile, "CreateDate": profile["CreationTime"]}
