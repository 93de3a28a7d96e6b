"""User profiles: the people of a domain. Each acts in an execution role, its own or the domain's."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import ResourceInUse, ValidationError
from clary.kinds.tags import tags_of_request
from clary.services.access.user_profiles import USER_PROFILE, profile_record_name
from clary.services.sagemaker._listing import list_records
from clary.store.records import RecordExists

from ._found import IN_SERVICE, found_domain, found_profile

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateUserProfileRequestTypeDef,
        DeleteUserProfileRequestTypeDef,
        DescribeUserProfileRequestTypeDef,
        ListUserProfilesRequestTypeDef,
        UpdateUserProfileRequestTypeDef,
    )

    from clary.services.context import Context, Document, Record


def create_user_profile(ctx: Context, request: CreateUserProfileRequestTypeDef) -> Document:
    """Raises NotFound for a missing domain, ValidationError, and ResourceInUse for a name that is taken."""
    domain_id, name = found_domain(ctx, request["DomainId"])["DomainId"], request["UserProfileName"]
    if "SingleSignOnUserIdentifier" in request or "SingleSignOnUserValue" in request:
        raise ValidationError(
            f"The domain {domain_id} has the AuthMode IAM; leave out SingleSignOnUserIdentifier and "
            "SingleSignOnUserValue."
        )
    tags = tags_of_request(request)
    record_name = profile_record_name(domain_id, name)
    arn = sagemaker_arn(ctx.region, ctx.account, USER_PROFILE, record_name)
    record: Document = {
        **{member: value for member, value in request.items() if member != "Tags"},
        "UserProfileArn": arn,
        "Status": IN_SERVICE,
        "_id": secrets.token_hex(8),
    }
    try:
        ctx.records.insert(USER_PROFILE, record_name, record, arn=arn, status=IN_SERVICE)
    except RecordExists:
        raise ResourceInUse(f"UserProfile {name} already exists in the domain {domain_id} ({arn}).") from None
    ctx.tags.put(arn, tags)
    return {"UserProfileArn": arn}


def describe_user_profile(ctx: Context, request: DescribeUserProfileRequestTypeDef) -> Document:
    """Raises NotFound."""
    return found_profile(ctx, request)


def list_user_profiles(ctx: Context, request: ListUserProfilesRequestTypeDef) -> Document:
    members = [("DomainId", request["DomainIdEquals"])] if "DomainIdEquals" in request else []
    contained = request.get("UserProfileNameContains", "")
    return list_records(
        ctx,
        USER_PROFILE,
        request,
        answer="UserProfiles",
        members=tuple(members),
        # The name of the record begins with the domain's.
        members_contain=(("UserProfileName", contained),) if contained else (),
        order="Ascending",
    )


def update_user_profile(ctx: Context, request: UpdateUserProfileRequestTypeDef) -> Document:
    """Changes the settings that are given; the others stay. Raises NotFound."""
    found = found_profile(ctx, request)
    given: dict[str, Any] = dict(request.get("UserSettings", {}))

    def changes(record: Record) -> Document:
        return {"UserSettings": {**record.get("UserSettings", {}), **given}} if given else {}

    ctx.records.update(USER_PROFILE, _record_name(found), changes)
    return {"UserProfileArn": found["UserProfileArn"]}


def delete_user_profile(ctx: Context, request: DeleteUserProfileRequestTypeDef) -> None:
    """Ends the profile's sessions in Studio. Raises NotFound."""
    found = found_profile(ctx, request)
    ctx.records.delete(USER_PROFILE, _record_name(found))
    ctx.tags.delete_all(found["UserProfileArn"])


def _record_name(profile: Record) -> str:
    return profile_record_name(profile["DomainId"], profile["UserProfileName"])
