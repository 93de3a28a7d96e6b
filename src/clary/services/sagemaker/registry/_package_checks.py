"""Checks of model packages that the model of the wire can't express. Errors name the member and the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clary.domain.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.services.context import Record

MOST_PROPERTIES = 50


def check_package(request: Mapping[str, Any]) -> None:
    """Checks what only a request to create has. Raises ValidationError."""
    versioned, named = "ModelPackageGroupName" in request, "ModelPackageName" in request
    if versioned and named:
        raise ValidationError(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine "
            "which one to use. Give the group for a version of it, the name for an unversioned package."
        )
    if not versioned and not named:
        raise ValidationError(
            "ModelPackageGroupName is required for a version of a group, ModelPackageName for an unversioned "
            "package."
        )
    if versioned and request.get("Tags"):
        raise ValidationError(
            "Tags can't be given with ModelPackageGroupName: a version has the tags of its group. Give them "
            "to the group with AddTags."
        )
    if not versioned and "ModelApprovalStatus" in request:
        raise ValidationError(
            "ModelApprovalStatus does not apply to an unversioned package; leave it out, or name a "
            "ModelPackageGroupName."
        )
    for member, why in (
        ("SourceAlgorithmSpecification", "it names a Marketplace algorithm; use InferenceSpecification"),
        ("ValidationSpecification", "transform the data with CreateTransformJob after the registration"),
        ("ManagedStorageType", "packages are stored in S3"),
    ):
        if member in request:
            raise ValidationError(f"{member} is not served: {why}. Leave it out.")
    if request.get("CertifyForMarketplace"):
        raise ValidationError("CertifyForMarketplace is true, but there is no Marketplace; set it to false.")


def check_specifications(package: Mapping[str, Any]) -> None:
    """Checks the members of a new or updated package. Raises ValidationError."""
    if (
        "InferenceSpecification" not in package
        and "SourceUri" not in package
        and package.get("ModelPackageRegistrationType") != "Logged"
    ):
        raise ValidationError(
            "InferenceSpecification is required: the containers that serve the model. A SourceUri with the "
            "ARN of a model or of another package stands for it."
        )
    names = [each["Name"] for each in package.get("AdditionalInferenceSpecifications", ())]
    for name in names:
        if names.count(name) > 1:
            raise ValidationError(
                f"AdditionalInferenceSpecifications: the Name {name} is used twice; each may be used once."
            )
    properties = package.get("CustomerMetadataProperties", {})
    if len(properties) > MOST_PROPERTIES:
        raise ValidationError(
            f"CustomerMetadataProperties would have {len(properties)} keys; a package has at most "
            f"{MOST_PROPERTIES}. Remove some with CustomerMetadataPropertiesToRemove."
        )


def check_update(package: Record, request: Mapping[str, Any]) -> None:
    """Raises ValidationError for members that do not apply to this package."""
    for member in ("ModelApprovalStatus", "ApprovalDescription"):
        if member in request and "ModelPackageVersion" not in package:
            raise ValidationError(
                f"{member} does not apply to {package['ModelPackageArn']}, which is unversioned: only "
                "versions of a group are approved."
            )
