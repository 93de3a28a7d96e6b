from __future__ import annotations

from typing import Any

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import Conflict, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.registry.model_package import create_model_package, delete_model_package
from clary.services.sagemaker.registry.model_package_group import (
    create_model_package_group,
    delete_model_package_group,
    describe_model_package_group,
    list_model_package_groups,
)
from clary.services.sagemaker.tags import list_tags

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/digits"
VERSION: Any = {
    "ModelPackageGroupName": "Digits",
    "InferenceSpecification": {"Containers": [{"Image": "pytorch-inference:2.6"}]},
}


def test_a_group_is_described_as_it_was_created(ctx: Context, clock: Clock) -> None:
    tags = [{"Key": "team", "Value": "vision"}]

    answer = create_model_package_group(
        ctx,
        {"ModelPackageGroupName": "Digits", "ModelPackageGroupDescription": "handwritten", "Tags": tags},
    )

    assert answer == {"ModelPackageGroupArn": ARN}
    by_name = describe_model_package_group(ctx, {"ModelPackageGroupName": "Digits"})
    assert by_name == describe_model_package_group(ctx, {"ModelPackageGroupName": ARN})
    assert by_name["ModelPackageGroupName"] == "Digits"
    assert by_name["ModelPackageGroupDescription"] == "handwritten"
    assert (by_name["ModelPackageGroupStatus"], by_name["CreationTime"]) == ("Completed", clock.now)
    assert by_name["CreatedBy"]["IamIdentity"]["Arn"] == ctx.caller.arn
    assert list_tags(ctx, {"ResourceArn": ARN})["Tags"] == tags


def test_a_taken_name_is_refused_in_the_words_that_the_sdk_looks_for(ctx: Context) -> None:
    create_model_package_group(ctx, {"ModelPackageGroupName": "Digits"})

    with pytest.raises(ValidationError, match="already exists"):
        create_model_package_group(ctx, {"ModelPackageGroupName": "digits"})


def test_an_unknown_group_is_not_there(ctx: Context) -> None:
    for operation in (describe_model_package_group, delete_model_package_group):
        with pytest.raises(ValidationError, match=r"ModelPackageGroup arn:aws:.*/none does not exist"):
            operation(ctx, {"ModelPackageGroupName": "none"})


def test_groups_are_listed_oldest_first(ctx: Context, clock: Clock) -> None:
    for name in ("b", "a"):
        create_model_package_group(ctx, {"ModelPackageGroupName": name})
        clock.now += 1

    def names(**members: Any) -> list[str]:
        found = list_model_package_groups(ctx, members)["ModelPackageGroupSummaryList"]
        return [each["ModelPackageGroupName"] for each in found]

    assert names() == ["b", "a"]
    assert names(SortBy="Name") == ["a", "b"]
    assert names(NameContains="b") == ["b"]
    assert names(CrossAccountFilterOption="CrossAccount") == []


def test_a_group_with_versions_is_not_deleted(ctx: Context) -> None:
    create_model_package_group(ctx, {"ModelPackageGroupName": "Digits"})
    arn = create_model_package(ctx, VERSION)["ModelPackageArn"]

    with pytest.raises(Conflict, match="it has versions") as refused:
        delete_model_package_group(ctx, {"ModelPackageGroupName": "Digits"})

    assert (refused.value.code, arn in refused.value.message) == ("ConflictException", True)
    delete_model_package(ctx, {"ModelPackageName": arn})
    delete_model_package_group(ctx, {"ModelPackageGroupName": "Digits"})
    assert list_model_package_groups(ctx, {})["ModelPackageGroupSummaryList"] == []
