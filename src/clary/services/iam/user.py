"""Users: people and programs with access keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import user_arn
from clary.domain.identity import PrincipalKind
from clary.services.access.credentials import new_id
from clary.services.access.directory import ACCESS_KEY, USER, record_name
from clary.services.access.passwords import LOGIN_PROFILE
from clary.store.records import RecordExists

from ._entities import (
    added_tags,
    change_entity,
    checked_tags,
    delete_conflict,
    exists_already,
    get_entity,
    named_or_self,
    removed_tags,
    with_date,
)
from ._paging import page_of
from ._policies import boundary_members

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import (
        CreateUserRequestTypeDef,
        DeleteUserRequestTypeDef,
        GetUserRequestTypeDef,
        ListUsersRequestTypeDef,
        ListUserTagsRequestTypeDef,
        TagUserRequestTypeDef,
        UntagUserRequestTypeDef,
        UpdateUserRequestTypeDef,
    )

    from clary.services.context import Context, Document


def create_user(ctx: Context, request: CreateUserRequestTypeDef) -> Document:
    """Raises EntityAlreadyExists; names that differ in case only are the same name."""
    name, path = request["UserName"], request.get("Path", "/")
    document = {
        "UserName": name,
        "UserId": new_id("AIDA", 17),
        "Arn": user_arn(ctx.account, name, path),
        "Path": path,
        "Tags": checked_tags(request.get("Tags", [])),
        "_policies": {},
        "_attached": [],
        "_keys": [],
        **boundary_members(ctx, request.get("PermissionsBoundary")),
    }
    try:
        ctx.records.insert(USER, record_name(USER, name), document, arn=document["Arn"])
    except RecordExists:
        raise exists_already(USER, name) from None
    return {"User": with_date(get_entity(ctx, USER, name))}


def get_user(ctx: Context, request: GetUserRequestTypeDef) -> Document:
    """Returns the caller when no user is named."""
    if "UserName" not in request and ctx.caller.kind is PrincipalKind.ROOT:
        account = ctx.account
        # The root user. AWS shows the account's number as its id.
        return {
            "User": {
                "UserId": account,
                "Arn": ctx.caller.arn,
                "UserName": "root",
                "Path": "/",
                "CreateDate": 0.0,
            }
        }
    return {"User": with_date(get_entity(ctx, USER, named_or_self(ctx, request)))}


def list_users(ctx: Context, request: ListUsersRequestTypeDef) -> Document:
    prefix = request.get("PathPrefix", "/")
    users = (user for user in ctx.records.each(USER) if user["Path"].startswith(prefix))
    page, more = page_of(users, lambda user: user["UserName"].lower(), request)
    return {"Users": [with_date(user) for user in page], **more}


def update_user(ctx: Context, request: UpdateUserRequestTypeDef) -> Document:
    """Changes name or path; keys, policies and the password stay.

    Raises EntityAlreadyExists for a name that is in use.
    """
    name = request["UserName"]
    user = get_entity(ctx, USER, name)
    new_name = str(request.get("NewUserName", user["UserName"]))
    new_path = str(request.get("NewPath", user["Path"]))
    arn = user_arn(ctx.account, new_name, new_path)
    changes = {"UserName": new_name, "Path": new_path, "Arn": arn}
    if record_name(USER, new_name) == record_name(USER, name):
        change_entity(ctx, USER, name, lambda _user: changes)
        return {}
    try:
        ctx.records.insert(USER, record_name(USER, new_name), {**user, **changes}, arn=arn)
    except RecordExists:
        raise exists_already(USER, new_name) from None
    for key in user["_keys"]:
        if ctx.records.find(ACCESS_KEY, key) is not None:
            ctx.records.update(ACCESS_KEY, key, {"UserName": new_name})
    profile = ctx.records.find(LOGIN_PROFILE, record_name(USER, name))
    if profile is not None:
        ctx.records.insert(LOGIN_PROFILE, record_name(USER, new_name), {**profile, "UserName": new_name})
        ctx.records.delete(LOGIN_PROFILE, record_name(USER, name))
    ctx.records.delete(USER, record_name(USER, name))
    return {}


def delete_user(ctx: Context, request: DeleteUserRequestTypeDef) -> Document:
    """Raises DeleteConflict while the user has keys, policies or a password."""
    name = request["UserName"]
    user = get_entity(ctx, USER, name)
    for member, what in (
        ("_keys", "delete its access keys first"),
        ("_policies", "delete its policies first"),
        ("_attached", "detach all policies first"),
    ):
        if user[member]:
            raise delete_conflict(f"Cannot delete entity, must {what}: user {name}")
    if ctx.records.find(LOGIN_PROFILE, record_name(USER, name)) is not None:
        raise delete_conflict(f"Cannot delete entity, must delete login profile first: user {name}")
    ctx.records.delete(USER, record_name(USER, name))
    return {}


def tag_user(ctx: Context, request: TagUserRequestTypeDef) -> Document:
    change_entity(
        ctx, USER, request["UserName"], lambda user: {"Tags": added_tags(user["Tags"], request["Tags"])}
    )
    return {}


def untag_user(ctx: Context, request: UntagUserRequestTypeDef) -> Document:
    change_entity(
        ctx, USER, request["UserName"], lambda user: {"Tags": removed_tags(user["Tags"], request["TagKeys"])}
    )
    return {}


def list_user_tags(ctx: Context, request: ListUserTagsRequestTypeDef) -> Document:
    tags = get_entity(ctx, USER, request["UserName"])["Tags"]
    page, more = page_of(tags, lambda tag: tag["Key"], request)
    return {"Tags": page, **more}
