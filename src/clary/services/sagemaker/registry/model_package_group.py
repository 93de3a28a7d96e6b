"""Model package groups: the versions of one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import Conflict, ValidationError
from clary.kinds.entities import create_entity, delete_entity
from clary.kinds.serving_lineage import follow_group
from clary.services.sagemaker._listing import list_records
from clary.store.paging import ListQuery

from ._found import GROUP, MODEL_PACKAGE, find_group

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        CreateModelPackageGroupInputTypeDef,
        DeleteModelPackageGroupInputTypeDef,
        DescribeModelPackageGroupInputTypeDef,
        ListModelPackageGroupsInputTypeDef,
    )

    from clary.services.context import Context, Document


def create_model_package_group(ctx: Context, request: CreateModelPackageGroupInputTypeDef) -> Document:
    """Raises ValidationError for a taken name."""
    if "ManagedConfiguration" in request:
        raise ValidationError("ManagedConfiguration is not served: packages are stored in S3; leave it out.")
    status: Document = {"ModelPackageGroupStatus": "Completed"}
    arn = create_entity(ctx, GROUP, {**request, **status}, status="Completed")
    follow_group(ctx, find_group(ctx, arn))
    return {"ModelPackageGroupArn": arn}


def describe_model_package_group(ctx: Context, request: DescribeModelPackageGroupInputTypeDef) -> Document:
    """Raises ValidationError for an unknown group."""
    return find_group(ctx, request["ModelPackageGroupName"])


def list_model_package_groups(ctx: Context, request: ListModelPackageGroupsInputTypeDef) -> Document:
    if request.get("CrossAccountFilterOption", "SameAccount") == "CrossAccount":
        return {"ModelPackageGroupSummaryList": []}
    return list_records(ctx, GROUP.kind, request, answer="ModelPackageGroupSummaryList", order="Ascending")


def delete_model_package_group(ctx: Context, request: DeleteModelPackageGroupInputTypeDef) -> None:
    """Raises ValidationError for an unknown group, Conflict while it has versions."""
    with ctx.records.transaction():
        group = find_group(ctx, request["ModelPackageGroupName"])
        name = group[GROUP.name_member]
        versions = ListQuery(MODEL_PACKAGE, members=((GROUP.name_member, name),))
        found = ctx.records.page(versions, limit=1).documents
        if found:
            raise Conflict(
                f"Model Package Group {name} can't be deleted because it has versions, "
                f"{found[0]['ModelPackageArn']} among them; delete them with DeleteModelPackage first."
            )
        delete_entity(ctx, GROUP, group)
