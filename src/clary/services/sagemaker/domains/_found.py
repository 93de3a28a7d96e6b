"""Finds domains and user profiles, and describes where their Studio is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import NotFound
from clary.services.access.user_profiles import DOMAIN, USER_PROFILE, profile_record_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Context, Record

IN_SERVICE = "InService"


def found_domain(ctx: Context, domain_id: str) -> Record:
    """Raises NotFound."""
    found = ctx.records.find(DOMAIN, domain_id)
    if found is None:
        raise NotFound(f"Domain with id {domain_id} does not exist. ListDomains has those that do.")
    return found


def found_profile(ctx: Context, request: Mapping[str, Any]) -> Record:
    """Raises NotFound, also for a missing domain."""
    domain_id, name = request["DomainId"], request["UserProfileName"]
    found = ctx.records.find(USER_PROFILE, profile_record_name(domain_id, name))
    if found is None:
        found_domain(ctx, domain_id)
        raise NotFound(f"UserProfile {name} does not exist in the domain {domain_id}.")
    return found


def studio_url(ctx: Context) -> str:
    """Where the caller finds Studio."""
    return f"{ctx.server_url}/studio/"
