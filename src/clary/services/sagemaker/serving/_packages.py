"""The containers that a model package stands for in CreateModel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clary.domain.errors import ValidationError
from clary.kinds.entities import chosen
from clary.services.sagemaker.registry._found import find_package

if TYPE_CHECKING:
    from clary.services.context import Context, Document, Record

_FROM_PACKAGE = (
    "AdditionalModelDataSources",
    "ContainerHostname",
    "Environment",
    "Image",
    "ModelDataSource",
    "ModelDataUrl",
)


def containers_of_package(ctx: Context, where: str, container: Document) -> list[Document]:
    """The containers of a package, each with the variables that ``container`` adds.

    Each has the ARN of the package as its ``ModelPackageName``. Raises ValidationError, also for a version
    that is not approved.
    """
    for member in ("Image", "ModelDataUrl", "ModelDataSource"):
        if member in container:
            raise ValidationError(
                "Specify one of either Image and Model Data URL or ModelPackageName in container definition: "
                f"{where} has ModelPackageName and {member}."
            )
    package = find_package(ctx, container["ModelPackageName"])
    arn = package["ModelPackageArn"]
    approval = package.get("ModelApprovalStatus", "Approved")
    if approval != "Approved":
        raise ValidationError(
            f"{where}.ModelPackageName is {arn}, whose ModelApprovalStatus is {approval}; only an Approved "
            "version can be deployed. Approve it with UpdateModelPackage."
        )
    specification = _specification(where, container, package)
    return [
        {
            **chosen(each, *_FROM_PACKAGE),
            **chosen(container, "Mode", "MultiModelConfig"),
            "Environment": {**each.get("Environment", {}), **container.get("Environment", {})},
            "ModelPackageName": arn,
        }
        for each in specification["Containers"]
    ]


def _specification(where: str, container: Document, package: Record) -> Document:
    """The inference specification that the container names, or the package's own. Raises ValidationError."""
    name = container.get("InferenceSpecificationName")
    if name is None:
        own: Document | None = package.get("InferenceSpecification")
        if own is None:
            raise ValidationError(
                f"{where}.ModelPackageName is {package['ModelPackageArn']}, which has no "
                "InferenceSpecification; give it one with UpdateModelPackage."
            )
        return own
    further: list[Document] = package.get("AdditionalInferenceSpecifications", [])
    for each in further:
        if each["Name"] == name:
            return each
    there = ", ".join(each["Name"] for each in further) or "none"
    raise ValidationError(
        f"{where}.InferenceSpecificationName is {name}, which {package['ModelPackageArn']} does not have; it "
        f"has {there}."
    )
