"""Managed policies by ARN: this account's and AWS's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import BadRequest
from clary.services.access.aws_managed import CREATED_AT, aws_managed_policies
from clary.services.access.directory import POLICY, directory_of
from clary.services.access.policy import compile_policy

from ._entities import check_size, nothing_there

if TYPE_CHECKING:
    from clary.services.context import Context, Document

POLICY_LIMIT = 6_144


def find_managed(ctx: Context, arn: str) -> Document:
    """Returns a policy of this account or of AWS. Raises NoSuchEntity."""
    return aws_policy(arn) if arn in aws_managed_policies() else own_managed(ctx, arn)


def own_managed(ctx: Context, arn: str) -> Document:
    """Returns a policy that may be changed. Raises BadRequest for AWS's own, NotFound without it."""
    if arn in aws_managed_policies():
        raise BadRequest(
            f"Policy {arn} is AWS's own and can't be changed; make one of your own", code="InvalidInput"
        )
    found = directory_of(ctx.records).by_arn(POLICY, arn)
    if found is None:
        raise nothing_there(f"Policy {arn} was not found.")
    return found


def aws_policy(arn: str) -> Document:
    known = aws_managed_policies()[arn]
    return {
        "PolicyName": known.name,
        "PolicyId": known.policy_id,
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": "v1",
        "IsAttachable": True,
        "Description": known.description,
        "CreationTime": CREATED_AT,
        "UpdateDate": CREATED_AT,
        "Tags": [],
        "_versions": [{"VersionId": "v1", "Document": known.document, "CreateDate": CREATED_AT}],
    }


def checked_document(text: str, name: str) -> str:
    compile_policy(text)
    check_size(text, POLICY_LIMIT, f"policy {name}")
    return text
