from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from tests.services.conftest import Clock

from clary.domain.errors import Denied, ValidationError
from clary.kinds.serving_entities import MODEL, create_serving_entity
from clary.services.context import Context
from clary.services.sagemaker.registry.model_package import (
    batch_describe_model_package,
    create_model_package,
    delete_model_package,
    describe_model_package,
    list_model_packages,
    update_model_package,
)
from clary.services.sagemaker.registry.model_package_group import create_model_package_group
from clary.services.sagemaker.tags import list_tags

HERE = "arn:aws:sagemaker:us-east-1:123456789012"
CONTAINER = {"Image": "pytorch-inference:2.6", "ModelDataUrl": "s3://data/model.tar.gz"}
SPECIFICATION = {"Containers": [CONTAINER], "SupportedContentTypes": ["text/csv"]}
METRICS = {
    "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://data/quality.json"}}
}
BASELINES = {
    "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://data/base.json"}}
}


@pytest.fixture(autouse=True)
def groups(ctx: Context) -> None:
    for name in ("Digits", "Letters"):
        create_model_package_group(ctx, {"ModelPackageGroupName": name})


def version(group: str = "Digits", **members: Any) -> Any:
    return {"ModelPackageGroupName": group, "InferenceSpecification": SPECIFICATION, **members}


def unversioned(name: str = "Alone", **members: Any) -> Any:
    return {"ModelPackageName": name, "InferenceSpecification": SPECIFICATION, **members}


def create(ctx: Context, request: Any) -> str:
    return str(create_model_package(ctx, request)["ModelPackageArn"])


def described(ctx: Context, name: str) -> dict[str, Any]:
    return describe_model_package(ctx, {"ModelPackageName": name})


def listed(ctx: Context, **members: Any) -> list[str]:
    found = list_model_packages(ctx, members)["ModelPackageSummaryList"]
    return [each["ModelPackageArn"].partition("/")[2] for each in found]


def test_a_version_is_described_as_it_was_created(ctx: Context, clock: Clock) -> None:
    told = {
        "ModelPackageDescription": "the first",
        "ModelMetrics": METRICS,
        "DriftCheckBaselines": BASELINES,
        "CustomerMetadataProperties": {"team": "vision"},
        "MetadataProperties": {"CommitId": "abc"},
        "Domain": "COMPUTER_VISION",
        "Task": "IMAGE_CLASSIFICATION",
        "SkipModelValidation": "All",
        "SourceUri": "s3://data/notebook.ipynb",
        "ModelLifeCycle": {"Stage": "Staging", "StageStatus": "Ready"},
        "ModelCard": {"ModelCardContent": "{}", "ModelCardStatus": "Draft"},
    }

    arn = create(ctx, version(ClientToken="once", **told))

    assert arn == f"{HERE}:model-package/digits/1"
    found = described(ctx, arn)
    assert {member: found[member] for member in told} == told
    assert found["InferenceSpecification"] == SPECIFICATION
    assert (found["ModelPackageGroupName"], found["ModelPackageVersion"]) == ("Digits", 1)
    assert found["ModelApprovalStatus"] == "PendingManualApproval"
    assert found["ModelPackageStatus"] == "Completed"
    assert found["ModelPackageStatusDetails"] == {"ValidationStatuses": [], "ImageScanStatuses": []}
    assert found["CreationTime"] == clock.now
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == ctx.caller.arn
    assert "ModelPackageName" not in found
    assert described(ctx, "digits/1") == found


def test_versions_of_a_group_are_counted_and_never_given_twice(ctx: Context) -> None:
    for _ in range(3):
        create(ctx, version())
    create(ctx, version("Letters"))
    delete_model_package(ctx, {"ModelPackageName": f"{HERE}:model-package/digits/3"})

    again = create(ctx, version())

    assert again.endswith("digits/4")
    assert listed(ctx, ModelPackageGroupName="digits") == ["digits/1", "digits/2", "digits/4"]


def test_versions_that_are_created_at_once_have_no_gap_and_no_number_twice(ctx: Context) -> None:
    with ThreadPoolExecutor(8) as threads:
        arns = list(threads.map(lambda _: create(ctx, version()), range(24)))

    assert sorted(int(arn.rpartition("/")[2]) for arn in arns) == list(range(1, 25))
    assert len(listed(ctx, ModelPackageGroupName="Digits", MaxResults=100)) == 24


def test_a_refused_version_takes_no_number(ctx: Context) -> None:
    with pytest.raises(ValidationError):
        create(ctx, version(SourceAlgorithmSpecification={"SourceAlgorithms": [{"AlgorithmName": "a"}]}))

    assert create(ctx, version()).endswith("digits/1")


def test_a_repeated_request_answers_the_version_that_it_made(ctx: Context) -> None:
    first = create(ctx, version(ClientToken="once"))

    assert create(ctx, version(ClientToken="once")) == first
    assert create(ctx, version(ClientToken="twice")).endswith("digits/2")
    assert create(ctx, unversioned(ClientToken="one")) == create(ctx, unversioned(ClientToken="one"))


def test_an_unversioned_package_has_a_name_and_tags_of_its_own(ctx: Context) -> None:
    tags = [{"Key": "team", "Value": "vision"}]

    arn = create(ctx, unversioned(Tags=tags))

    assert arn == f"{HERE}:model-package/alone"
    found = described(ctx, "Alone")
    assert found["ModelPackageName"] == "Alone"
    assert "ModelPackageVersion" not in found
    assert "ModelApprovalStatus" not in found
    assert list_tags(ctx, {"ResourceArn": arn})["Tags"] == tags
    with pytest.raises(ValidationError, match="ModelPackage already exists"):
        create(ctx, unversioned())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({**version(), "ModelPackageName": "a"}, "Both ModelPackageName and ModelPackageGroupName"),
        ({"InferenceSpecification": SPECIFICATION}, "ModelPackageGroupName is required for a version"),
        (version("none"), r"ModelPackageGroup .*/none does not exist"),
        (version(Tags=[{"Key": "a", "Value": "b"}]), "a version has the tags of its group"),
        (unversioned(ModelApprovalStatus="Approved"), "does not apply to an unversioned package"),
        (version(ValidationSpecification={}), "ValidationSpecification is not served"),
        (version(CertifyForMarketplace=True), "there is no Marketplace"),
        ({"ModelPackageGroupName": "Digits"}, "InferenceSpecification is required"),
        (
            version(AdditionalInferenceSpecifications=[{"Name": "fast", "Containers": [CONTAINER]}] * 2),
            "the Name fast is used twice",
        ),
        (
            version(CustomerMetadataProperties={str(key): "v" for key in range(51)}),
            "would have 51 keys",
        ),
        (version(SourceUri=f"{HERE}:model/none"), "SourceUri is .*/none, which does not exist"),
    ],
)
def test_what_is_no_package_is_refused(ctx: Context, wrong: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        create(ctx, wrong)
    assert listed(ctx, ModelPackageType="Both") == []


def test_packages_are_listed_by_group_type_and_approval(ctx: Context, clock: Clock) -> None:
    for request in (version(), version(ModelApprovalStatus="Approved"), version("Letters"), unversioned()):
        create(ctx, request)
        clock.now += 1

    assert listed(ctx) == ["alone"]
    assert listed(ctx, ModelPackageType="Versioned") == ["digits/1", "digits/2", "letters/1"]
    assert len(listed(ctx, ModelPackageType="Both")) == 4
    assert listed(
        ctx, ModelPackageGroupName=f"{HERE}:model-package-group/digits", SortOrder="Descending"
    ) == [
        "digits/2",
        "digits/1",
    ]
    assert listed(ctx, ModelPackageGroupName="Digits", ModelApprovalStatus="Approved") == ["digits/2"]
    with pytest.raises(ValidationError, match="does not exist"):
        listed(ctx, ModelPackageGroupName="none")


def test_an_update_replaces_members_and_keeps_the_others(ctx: Context, clock: Clock) -> None:
    fast: Any = {"Name": "fast", "Containers": [CONTAINER]}
    arn = create(ctx, version(CustomerMetadataProperties={"team": "vision", "old": "1"}))
    clock.now += 60

    update_model_package(
        ctx,
        {
            "ModelPackageArn": arn,
            "ModelApprovalStatus": "Approved",
            "ApprovalDescription": "good enough",
            "CustomerMetadataProperties": {"team": "language"},
            "CustomerMetadataPropertiesToRemove": ["old"],
            "AdditionalInferenceSpecificationsToAdd": [fast],
            "SourceUri": "s3://data/source",
        },
    )

    found = described(ctx, arn)
    assert (found["ModelApprovalStatus"], found["ApprovalDescription"]) == ("Approved", "good enough")
    assert found["CustomerMetadataProperties"] == {"team": "language"}
    assert found["AdditionalInferenceSpecifications"] == [fast]
    assert found["InferenceSpecification"] == SPECIFICATION
    assert found["SourceUri"] == "s3://data/source"
    assert found["LastModifiedTime"] == clock.now
    with pytest.raises(ValidationError, match="the Name fast is used twice"):
        update_model_package(ctx, {"ModelPackageArn": arn, "AdditionalInferenceSpecificationsToAdd": [fast]})


def test_only_versions_are_approved(ctx: Context) -> None:
    arn = create(ctx, unversioned())

    with pytest.raises(ValidationError, match="only versions of a group are approved"):
        update_model_package(ctx, {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"})


def test_a_package_that_is_not_there(ctx: Context) -> None:
    arn = f"{HERE}:model-package/digits/7"

    for operation in (describe_model_package, delete_model_package):
        with pytest.raises(ValidationError, match=f"ModelPackage {arn} does not exist"):
            operation(ctx, {"ModelPackageName": arn})
    with pytest.raises(ValidationError, match="does not exist"):
        update_model_package(ctx, {"ModelPackageArn": arn, "SourceUri": "s3://data/a"})


def test_many_packages_are_described_at_once(ctx: Context) -> None:
    there, missing = create(ctx, version()), f"{HERE}:model-package/digits/9"

    answer = batch_describe_model_package(ctx, {"ModelPackageArnList": [there, missing]})

    assert answer["ModelPackageSummaries"][there]["ModelPackageVersion"] == 1
    assert answer["BatchDescribeModelPackageErrorMap"][missing]["ErrorCode"] == "ValidationException"


def test_the_metadata_of_a_package_leaves_out_the_content_of_its_card(ctx: Context) -> None:
    card = {"ModelCardContent": '{"model_overview": {}}', "ModelCardStatus": "Draft"}
    arn = create(ctx, version(ModelCard=card))

    found = describe_model_package(ctx, {"ModelPackageName": arn, "IncludedData": "MetadataOnly"})

    assert found["ModelCard"] == {"ModelCardContent": "{}", "ModelCardStatus": "Draft"}
    assert found["InferenceSpecification"] == SPECIFICATION


def test_the_source_of_a_package_may_be_a_model(ctx: Context) -> None:
    container = {**CONTAINER, "Mode": "SingleModel", "Environment": {"A": "1"}}
    model = create_serving_entity(ctx, MODEL, {"ModelName": "digits"}, _Containers=[container])

    arn = create(ctx, {"ModelPackageGroupName": "Digits", "SourceUri": model})

    found = described(ctx, arn)
    assert found["InferenceSpecification"] == {"Containers": [{**CONTAINER, "Environment": {"A": "1"}}]}
    assert found["SourceUri"] == model


def test_the_source_of_a_package_may_be_another_package(ctx: Context) -> None:
    source = create(ctx, version(ModelMetrics=METRICS, ModelApprovalStatus="Approved"))

    arn = create(ctx, {"ModelPackageGroupName": "Letters", "SourceUri": source, "Task": "OTHER"})

    found = described(ctx, arn)
    assert (found["InferenceSpecification"], found["ModelMetrics"]) == (SPECIFICATION, METRICS)
    assert (found["Task"], found["ModelApprovalStatus"]) == ("OTHER", "PendingManualApproval")


def test_nobody_reads_through_a_source_what_they_may_not_describe(ctx: Context) -> None:
    source = create(ctx, version())
    stranger = replace(ctx, may=lambda action, resource: action != "sagemaker:DescribeModelPackage")

    with pytest.raises(Denied, match="sagemaker:DescribeModelPackage"):
        create(stranger, {"ModelPackageGroupName": "Letters", "SourceUri": source})
