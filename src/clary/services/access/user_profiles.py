"""User profiles of domains as identities: the caller of a Studio session that was opened for a profile.

Such a session acts as AWS's does: in the profile's execution role, so with the policies of that role. Its
session name is the profile's, so that whoever reads who made something finds the person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.arns import assumed_role_arn
from clary.domain.errors import Unauthenticated
from clary.domain.identity import Caller, PrincipalKind

from .directory import ROLE, directory_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.store.records import Records

DOMAIN, USER_PROFILE = "domain", "user-profile"
"""Kinds of the records, and the resource types in their ARNs. ``_id`` of a profile: another one for each."""

ENDED = "ExpiredTokenException"


def profile_record_name(domain_id: str, profile: str) -> str:
    """The name of a profile's record: SageMaker's ARNs are in lower case, so are these."""
    return f"{domain_id}/{profile.lower()}"


def execution_role(domain: Mapping[str, Any], profile: Mapping[str, Any]) -> str:
    """Returns the ARN of the role that a profile acts in: its own, or the default of its domain."""
    own: str = profile.get("UserSettings", {}).get("ExecutionRole", "")
    return own or str(domain["DefaultUserSettings"]["ExecutionRole"])


def profile_caller(
    records: Records, account: str, domain_id: str, profile: str, profile_id: str, issued_at: float
) -> Caller:
    """Returns who acts in a session of a profile. Raises Unauthenticated when it is gone, or its role."""
    domain = records.find(DOMAIN, domain_id)
    found = records.find(USER_PROFILE, profile_record_name(domain_id, profile))
    if domain is None or found is None or found["_id"] != profile_id:
        raise Unauthenticated(
            f"The user profile {profile!r} of this session does not exist any more.", code=ENDED
        )
    arn = execution_role(domain, found)
    role = directory_of(records).by_arn(ROLE, arn)
    if role is None:
        raise Unauthenticated(
            f"The execution role {arn} of the user profile {profile!r} does not exist.", code=ENDED
        )
    name = found["UserProfileName"]
    identified = domain.get("DomainSettings", {}).get("ExecutionRoleIdentityConfig") == "USER_PROFILE_NAME"
    return Caller(
        kind=PrincipalKind.ASSUMED_ROLE,
        account=account,
        arn=assumed_role_arn(account, role["RoleName"], name),
        name=role["RoleName"],
        access_key_id="",
        principal_id=f"{role['RoleId']}:{name}",
        session_name=name,
        source_identity=name if identified else "",
        user_profile=f"{domain_id}/{name}",
        issued_at=issued_at,
    )
