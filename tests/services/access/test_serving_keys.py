"""What policies can say of models, endpoint configurations and model packages."""

from __future__ import annotations

from typing import Any

import pytest
from tests.services.access.world import ACCOUNT, REGION, World, allow

from clary.domain.errors import Denied
from clary.services.access.requirements import Scope, requirements

SM = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
VERSION = f"{SM}model-package/digits/3"


def context_of(operation: str, params: dict[str, Any]) -> dict[str, Any]:
    return dict(requirements("sagemaker", operation, params, Scope(ACCOUNT, REGION))[0].context)


def resources_of(operation: str, params: dict[str, Any]) -> list[str]:
    return [each.resource for each in requirements("sagemaker", operation, params, Scope(ACCOUNT, REGION))]


def test_a_configuration_tells_conditions_about_its_variants() -> None:
    params = {
        "EndpointConfigName": "c",
        "KmsKeyId": "k",
        "ProductionVariants": [
            {"VariantName": "a", "ModelName": "One", "InstanceType": "ml.m5.large"},
            {"VariantName": "b", "ModelName": "two", "AcceleratorType": "ml.eia1.medium"},
        ],
        "ShadowProductionVariants": [
            {
                "VariantName": "s",
                "ModelName": "two",
                "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
            }
        ],
    }

    assert context_of("CreateEndpointConfig", params) == {
        "sagemaker:acceleratortypes": ["ml.eia1.medium"],
        "sagemaker:instancetypes": ["ml.m5.large"],
        "sagemaker:modelarn": [f"{SM}model/one", f"{SM}model/two"],
        "sagemaker:serverlessmaxconcurrency": ["5"],
        "sagemaker:serverlessmemorysize": ["2048"],
        "sagemaker:volumekmskey": ["k"],
    }


def test_a_version_tells_conditions_about_its_approval_and_metadata() -> None:
    params = {
        "ModelPackageArn": VERSION,
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {"Stage": "live"},
        "CustomerMetadataPropertiesToRemove": ["old"],
        "ModelLifeCycle": {"Stage": "Production", "StageStatus": "Ready"},
    }

    assert context_of("UpdateModelPackage", params) == {
        "sagemaker:customermetadataproperties/stage": "live",
        "sagemaker:customermetadatapropertiestoremove": ["old"],
        "sagemaker:modelapprovalstatus": "Approved",
        "sagemaker:modellifecycle:stage": "Production",
        "sagemaker:modellifecycle:stagestatus": "Ready",
    }


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("CreateModelPackage", {"ModelPackageGroupName": "Digits"}, "model-package/digits/*"),
        (
            "CreateModelPackage",
            {"ModelPackageGroupName": f"{SM}model-package-group/digits"},
            "model-package/digits/*",
        ),
        ("CreateModelPackage", {"ModelPackageName": "Alone"}, "model-package/alone"),
        ("DescribeModelPackage", {"ModelPackageName": VERSION}, "model-package/digits/3"),
        ("DescribeModelPackage", {"ModelPackageName": "digits/3"}, "model-package/digits/3"),
        ("DeleteModelPackageGroup", {"ModelPackageGroupName": "digits"}, "model-package-group/digits"),
        ("CreateModel", {"ModelName": "M"}, "model/m"),
        ("DeleteEndpointConfig", {"EndpointConfigName": "c"}, "endpoint-config/c"),
        ("ListModelPackages", {"ModelPackageGroupName": "digits"}, "*"),
    ],
)
def test_requests_name_their_resources(operation: str, params: dict[str, Any], resource: str) -> None:
    named = resource if resource == "*" else f"{SM}{resource}"

    assert resources_of(operation, params) == [named]


def test_who_may_register_may_be_kept_from_approving(world: World) -> None:
    condition = {"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}}
    ada = world.user("ada", allow("sagemaker:CreateModelPackage", Condition=condition))
    request = {"ModelPackageGroupName": "digits", "InferenceSpecification": {"Containers": []}}

    world.ask(
        ada,
        "sagemaker",
        "CreateModelPackage",
        {**request, "ModelApprovalStatus": "PendingManualApproval"},
    )
    with pytest.raises(Denied, match="sagemaker:CreateModelPackage"):
        world.ask(ada, "sagemaker", "CreateModelPackage", {**request, "ModelApprovalStatus": "Approved"})


def test_a_version_is_judged_by_the_tags_of_its_group(world: World) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "vision"}}
    ada = world.user("ada", allow("sagemaker:DescribeModelPackage", Condition=condition))
    world.tags.put(f"{SM}model-package-group/digits", {"team": "vision"})

    world.ask(ada, "sagemaker", "DescribeModelPackage", {"ModelPackageName": VERSION})
    with pytest.raises(Denied):
        world.ask(ada, "sagemaker", "DescribeModelPackage", {"ModelPackageName": "letters/1"})
    world.tags.put(VERSION, {"team": "audio"})
    with pytest.raises(Denied):
        world.ask(ada, "sagemaker", "DescribeModelPackage", {"ModelPackageName": VERSION})
