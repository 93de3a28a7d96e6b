"""Finds groups and packages by name or ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.arns import sagemaker_arn
from clary.domain.errors import ValidationError
from clary.kinds.entities import EntityKind, entity_arn

if TYPE_CHECKING:
    from clary.services.context import Context, Record

GROUP = EntityKind("model-package-group", "ModelPackageGroup", "Model Package Group")

MODEL_PACKAGE = "model-package"
"""The kind of record. A version is named after its group: ``group/3``."""

VERSIONED, UNVERSIONED = "Versioned", "Unversioned"


def find_group(ctx: Context, name_or_arn: str) -> Record:
    """Raises ValidationError, as AWS does."""
    arn = name_or_arn if name_or_arn.startswith("arn:") else entity_arn(ctx, GROUP, name_or_arn)
    found = ctx.records.find_by_arn(arn)
    if found is None or GROUP.arn_member not in found:
        raise ValidationError(f"ModelPackageGroup {arn} does not exist.")
    return found


def find_package(ctx: Context, name_or_arn: str) -> Record:
    """Finds an unversioned package by its name, a version by ``group/3``, and both by ARN.

    Raises ValidationError, as AWS does.
    """
    arn = name_or_arn if name_or_arn.startswith("arn:") else package_arn(ctx, name_or_arn)
    found = ctx.records.find_by_arn(arn)
    if found is None or "ModelPackageArn" not in found:
        raise ValidationError(f"ModelPackage {arn} does not exist.")
    return found


def package_arn(ctx: Context, record_name: str) -> str:
    return sagemaker_arn(ctx.region, ctx.account, MODEL_PACKAGE, record_name)


def package_record_name(package: Record) -> str:
    if "ModelPackageVersion" in package:
        return version_name(package["ModelPackageGroupName"], package["ModelPackageVersion"])
    return str(package["ModelPackageName"])


def version_name(group: str, version: int) -> str:
    return f"{group}/{version}"
