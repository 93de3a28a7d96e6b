"""Access keys of users: at most two each, so that keys can be rotated."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from clary.services.access.credentials import new_id
from clary.services.access.directory import ACCESS_KEY, USER
from clary.services.access.user_secrets import SEALED, SECRET
from clary.store.records import RecordMissing

from ._entities import change_entity, get_entity, limit_exceeded, named_or_self, nothing_there
from ._paging import page_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_iam.type_defs import (
        CreateAccessKeyRequestTypeDef,
        DeleteAccessKeyRequestTypeDef,
        GetAccessKeyLastUsedRequestTypeDef,
        ListAccessKeysRequestTypeDef,
        UpdateAccessKeyRequestTypeDef,
    )

    from clary.services.context import Context, Document

KEYS_PER_USER = 2


def create_access_key(ctx: Context, request: CreateAccessKeyRequestTypeDef) -> Document:
    """Only this response contains the secret. Raises LimitExceeded for a third key."""
    user = get_entity(ctx, USER, named_or_self(ctx, request))
    key = {
        "UserName": user["UserName"],
        "AccessKeyId": new_id("AKIA", 16),
        "SecretAccessKey": secrets.token_urlsafe(30),
        "Status": "Active",
        "CreateDate": ctx.now(),
    }

    def with_key(user: Document) -> Document:
        if len(user["_keys"]) >= KEYS_PER_USER:
            raise limit_exceeded(f"Cannot exceed quota for AccessKeysPerUser: {KEYS_PER_USER}")
        return {"_keys": [*user["_keys"], key["AccessKeyId"]]}

    change_entity(ctx, USER, user["UserName"], with_key)
    ctx.records.insert(ACCESS_KEY, key["AccessKeyId"], ctx.keyring.user_secrets.sealed(key))
    return {"AccessKey": key}


def list_access_keys(ctx: Context, request: ListAccessKeysRequestTypeDef) -> Document:
    """Returns the keys without their secrets."""
    user = get_entity(ctx, USER, named_or_self(ctx, request))
    found = [ctx.records.find(ACCESS_KEY, key) for key in user["_keys"]]
    keys = [
        {name: value for name, value in key.items() if name not in (SECRET, SEALED)}
        for key in found
        if key is not None
    ]
    page, more = page_of(keys, lambda key: str(key["AccessKeyId"]), request)
    return {"AccessKeyMetadata": page, **more}


def update_access_key(ctx: Context, request: UpdateAccessKeyRequestTypeDef) -> Document:
    """Sets Active or Inactive; requests signed with an inactive key are refused."""
    key = _own_key(ctx, request)
    ctx.records.update(ACCESS_KEY, key, {"Status": request["Status"]})
    return {}


def delete_access_key(ctx: Context, request: DeleteAccessKeyRequestTypeDef) -> Document:
    key = _own_key(ctx, request)
    try:
        ctx.records.delete(ACCESS_KEY, key)
    except RecordMissing:
        raise _no_key(key) from None
    change_entity(
        ctx,
        USER,
        named_or_self(ctx, request),
        lambda user: {"_keys": [known for known in user["_keys"] if known != key]},
    )
    return {}


def get_access_key_last_used(ctx: Context, request: GetAccessKeyLastUsedRequestTypeDef) -> Document:
    """Returns the owner of a key. Uses are not recorded; IAM writes N/A for none."""
    key = ctx.records.find(ACCESS_KEY, request["AccessKeyId"])
    if key is None:
        raise _no_key(request["AccessKeyId"])
    return {
        "UserName": key["UserName"],
        "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"},
    }


def _own_key(ctx: Context, request: Mapping[str, Any]) -> str:
    """Returns the id of a key of the named user. Raises NoSuchEntity."""
    user = get_entity(ctx, USER, named_or_self(ctx, request))
    key: str = request["AccessKeyId"]
    if key not in user["_keys"]:
        raise _no_key(key)
    return key


def _no_key(key: str) -> Exception:
    return nothing_there(f"The Access Key with id {key} cannot be found.")
