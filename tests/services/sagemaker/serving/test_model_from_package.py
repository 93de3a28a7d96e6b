"""A model whose container names a model package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.services.sagemaker.serving.conftest import ROLE

from clary.domain.errors import ValidationError
from clary.kinds.serving_entities import containers_of
from clary.services.context import Context
from clary.services.sagemaker.registry.model_package import (
    create_model_package,
    delete_model_package,
    update_model_package,
)
from clary.services.sagemaker.registry.model_package_group import create_model_package_group
from clary.services.sagemaker.serving.model import create_model, describe_model

IMAGE = "pytorch-inference:2.6"


@pytest.fixture
def arn(ctx: Context, put: Callable[..., str]) -> str:
    """Version 1 of a group, not approved, of two containers; the second has data."""
    put("model.tar.gz")
    create_model_package_group(ctx, {"ModelPackageGroupName": "Digits"})
    first: Any = {"Image": "sagemaker-xgboost:1.7-1", "Environment": {"A": "1", "B": "1"}}
    second: Any = {"Image": IMAGE, "ModelDataUrl": "s3://data/model.tar.gz", "Framework": "PYTORCH"}
    made = create_model_package(
        ctx,
        {
            "ModelPackageGroupName": "Digits",
            "InferenceSpecification": {"Containers": [first, second]},
            "AdditionalInferenceSpecifications": [{"Name": "fast", "Containers": [{"Image": IMAGE}]}],
        },
    )
    return str(made["ModelPackageArn"])


def create(ctx: Context, **container: Any) -> list[dict[str, Any]]:
    create_model(ctx, {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {**container}})
    return containers_of(ctx.records.get("model", "m"))


def approve(ctx: Context, arn: str) -> None:
    update_model_package(ctx, {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"})


def test_the_containers_of_an_approved_package_are_those_of_the_model(ctx: Context, arn: str) -> None:
    approve(ctx, arn)

    first, second = create(ctx, ModelPackageName=arn, Environment={"B": "2"})

    assert first == {
        "Image": "sagemaker-xgboost:1.7-1",
        "Environment": {"A": "1", "B": "2"},
        "ModelPackageName": arn,
    }
    assert (second["Image"], second["ModelDataUrl"]) == (IMAGE, "s3://data/model.tar.gz")
    assert second["Environment"] == {"B": "2"}
    shown = describe_model(ctx, {"ModelName": "m"})["PrimaryContainer"]
    assert shown == {"ModelPackageName": arn, "Environment": {"B": "2"}, "Mode": "SingleModel"}


def test_the_model_keeps_its_containers_when_the_package_is_deleted(ctx: Context, arn: str) -> None:
    approve(ctx, arn)
    before = create(ctx, ModelPackageName=arn)

    delete_model_package(ctx, {"ModelPackageName": arn})

    assert containers_of(ctx.records.get("model", "m")) == before


@pytest.mark.parametrize("status", ["PendingManualApproval", "Rejected"])
def test_a_version_that_is_not_approved_is_refused(ctx: Context, arn: str, status: Any) -> None:
    update_model_package(ctx, {"ModelPackageArn": arn, "ModelApprovalStatus": status})

    with pytest.raises(ValidationError, match=f"whose ModelApprovalStatus is {status}; only an Approved"):
        create(ctx, ModelPackageName=arn)


def test_a_further_specification_is_chosen_by_its_name(ctx: Context, arn: str) -> None:
    approve(ctx, arn)

    [only] = create(ctx, ModelPackageName="digits/1", InferenceSpecificationName="fast")

    assert only["Image"] == IMAGE
    with pytest.raises(ValidationError, match="does not have; it has fast"):
        create(ctx, ModelPackageName=arn, InferenceSpecificationName="slow")


def test_an_image_beside_a_package_is_refused(ctx: Context, arn: str) -> None:
    with pytest.raises(ValidationError, match="Specify one of either Image and Model Data URL"):
        create(ctx, ModelPackageName=arn, Image=IMAGE)


def test_a_package_that_is_not_there_is_named(ctx: Context) -> None:
    with pytest.raises(ValidationError, match=r"ModelPackage .*model-package/none does not exist"):
        create(ctx, ModelPackageName="none")


def test_the_data_of_a_package_has_to_be_there(ctx: Context, arn: str) -> None:
    approve(ctx, arn)
    create_model_package(
        ctx,
        {
            "ModelPackageName": "lost",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://data/lost.tar.gz"}]
            },
        },
    )

    with pytest.raises(ValidationError, match=r"Could not find model data at s3://data/lost\.tar\.gz"):
        create(ctx, ModelPackageName="lost")
