"""Domains: the place of user profiles, with the settings that they have in common."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Any

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import ResourceInUse, ValidationError
from clary.kinds.entities import chosen
from clary.kinds.tags import tags_of_request
from clary.services.access.user_profiles import DOMAIN, USER_PROFILE
from clary.services.sagemaker._listing import list_records
from clary.store.paging import ListQuery

from ._found import IN_SERVICE, found_domain, studio_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sagemaker.type_defs import (
        CreateDomainRequestTypeDef,
        DeleteDomainRequestTypeDef,
        DescribeDomainRequestTypeDef,
        ListDomainsRequestTypeDef,
        UpdateDomainRequestTypeDef,
    )

    from clary.services.context import Context, Document, Record

_ID_CHARACTERS = string.ascii_lowercase + string.digits
_FOR_UPDATE = "RStudioServerProDomainSettingsForUpdate"


def create_domain(ctx: Context, request: CreateDomainRequestTypeDef) -> Document:
    """Raises ValidationError, and ResourceInUse for a name that is taken."""
    name = request["DomainName"]
    _check(request)
    tags = tags_of_request(request)
    same = ctx.records.page(ListQuery(DOMAIN, members=(("DomainName", name),)), limit=1).documents
    if same:
        raise ResourceInUse(f"Domain with name {name} already exists ({same[0]['DomainArn']}).")
    domain_id = "d-" + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(12))
    arn = sagemaker_arn(ctx.region, ctx.account, DOMAIN, domain_id)
    record: Document = {
        "AppNetworkAccessType": "PublicInternetOnly",
        "TagPropagation": "DISABLED",
        **{member: value for member, value in request.items() if member != "Tags"},
        "DomainId": domain_id,
        "DomainArn": arn,
        "Status": IN_SERVICE,
    }
    ctx.records.insert(DOMAIN, domain_id, record, arn=arn, status=IN_SERVICE)
    ctx.tags.put(arn, tags)
    return {"DomainArn": arn, "DomainId": domain_id, "Url": studio_url(ctx)}


def describe_domain(ctx: Context, request: DescribeDomainRequestTypeDef) -> Document:
    """Raises NotFound."""
    return _shown(ctx, found_domain(ctx, request["DomainId"]))


def list_domains(ctx: Context, request: ListDomainsRequestTypeDef) -> Document:
    page = list_records(ctx, DOMAIN, request, answer="Domains")
    return {**page, "Domains": [_shown(ctx, record) for record in page["Domains"]]}


def update_domain(ctx: Context, request: UpdateDomainRequestTypeDef) -> Document:
    """Changes the settings that are given; members of settings that are not given stay. Raises NotFound."""
    domain_id = request["DomainId"]
    found_domain(ctx, domain_id)

    def changes(record: Record) -> Document:
        settings = dict(request.get("DomainSettingsForUpdate", {}))
        if _FOR_UPDATE in settings:
            settings[_FOR_UPDATE.removesuffix("ForUpdate")] = settings.pop(_FOR_UPDATE)
        return {
            **chosen(
                request,
                "AppNetworkAccessType",
                "AppSecurityGroupManagement",
                "HomeEfsFileSystemCreation",
                "SubnetIds",
                "TagPropagation",
                "VpcId",
            ),
            **_merged(record, "DefaultUserSettings", request.get("DefaultUserSettings")),
            **_merged(record, "DefaultSpaceSettings", request.get("DefaultSpaceSettings")),
            **_merged(record, "DomainSettings", settings),
        }

    changed = ctx.records.update(DOMAIN, domain_id, changes)
    return {"DomainArn": changed["DomainArn"]}


def delete_domain(ctx: Context, request: DeleteDomainRequestTypeDef) -> None:
    """Raises NotFound, and ResourceInUse for a domain with user profiles.

    RetentionPolicy is about a home file system; a domain here has none.
    """
    domain_id = request["DomainId"]
    record = found_domain(ctx, domain_id)
    profiles = ctx.records.page(ListQuery(USER_PROFILE, members=(("DomainId", domain_id),)), limit=1)
    if profiles.documents:
        raise ResourceInUse(
            f"Unable to delete Domain {domain_id} because UserProfile(s) are associated with it, "
            f"{profiles.documents[0]['UserProfileName']} among them; delete them with DeleteUserProfile."
        )
    ctx.records.delete(DOMAIN, domain_id)
    ctx.tags.delete_all(record["DomainArn"])


def _check(request: CreateDomainRequestTypeDef) -> None:
    if request["AuthMode"] != "IAM":
        raise ValidationError(
            "AuthMode is SSO, and there is no IAM Identity Center here; use IAM, and let people in with "
            "CreatePresignedDomainUrl, or with a name and a password (clary users add)."
        )
    if not request["DefaultUserSettings"].get("ExecutionRole"):
        raise ValidationError(
            "DefaultUserSettings has no ExecutionRole; give the ARN of the role that user profiles act in."
        )
    if request.get("AppNetworkAccessType") == "VpcOnly" and not (
        request.get("VpcId") and request.get("SubnetIds")
    ):
        raise ValidationError("AppNetworkAccessType is VpcOnly, which needs a VpcId and SubnetIds.")


def _merged(record: Record, member: str, given: Mapping[str, Any] | None) -> Document:
    return {member: {**record.get(member, {}), **given}} if given else {}


def _shown(ctx: Context, record: Record) -> Document:
    return {**record, "Url": studio_url(ctx)}
