"""Presigned URLs: who opens one in a browser is signed in to Studio as the user profile, once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clary.domain.errors import NotFound, ValidationError
from clary.services.access.directory import ROLE, directory_of
from clary.services.access.links import ProfileGrant
from clary.services.access.user_profiles import execution_role

from ._found import found_domain, found_profile

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import CreatePresignedDomainUrlRequestTypeDef

    from clary.services.context import Context, Document

EXPIRES_S, SESSION_S = 300, 43_200
"""AWS's defaults, which are its limits too."""

_PAGE = re.compile(r"studio::(?![/\\])([!-\[\]-~]*)")


def create_presigned_domain_url(ctx: Context, request: CreatePresignedDomainUrlRequestTypeDef) -> Document:
    """Raises NotFound, and ValidationError for a landing page that is none of Studio."""
    domain_id, name = request["DomainId"], request["UserProfileName"]
    domain, profile = found_domain(ctx, domain_id), found_profile(ctx, request)
    if "SpaceName" in request:
        raise NotFound(
            f"Space {request['SpaceName']} does not exist in the domain {domain_id}; leave it out."
        )
    grant = ProfileGrant(
        domain_id=domain_id,
        profile=profile["UserProfileName"],
        profile_id=profile["_id"],
        session_s=request.get("SessionExpirationDurationInSeconds", SESSION_S),
        landing=_landing(request, domain, profile),
    )
    role = execution_role(domain, profile)
    if directory_of(ctx.records).by_arn(ROLE, role) is None:
        raise ValidationError(
            f"UserProfile {name} acts in the role {role}, which does not exist; give it another one with "
            "UpdateUserProfile."
        )
    if not ctx.server_url:
        raise ValidationError("The request has no valid Host header; the URL begins with what stands there.")
    expires_at = ctx.now() + request.get("ExpiresInSeconds", EXPIRES_S)
    return {"AuthorizedUrl": ctx.keyring.sign_in_link(ctx.server_url, expires_at, grant)}


def _landing(request: CreatePresignedDomainUrlRequestTypeDef, domain: Document, profile: Document) -> str:
    asked = request.get("LandingUri", "")
    if asked:
        page = _PAGE.fullmatch(asked)
        if page is None:
            raise ValidationError(
                f"LandingUri is {asked!r}; Studio has no apps here. Use studio::, or studio::<page>, such as "
                "studio::training-jobs."
            )
        return f"/{page[1]}"
    for settings in (profile.get("UserSettings", {}), domain["DefaultUserSettings"]):
        page = _PAGE.fullmatch(settings.get("DefaultLandingUri", ""))
        if page is not None:
            return f"/{page[1]}"
    return "/"
