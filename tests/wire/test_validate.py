"""The model's constraints, in AWS's words."""

from __future__ import annotations

from typing import Any

import pytest

from clary.domain.errors import ValidationError
from clary.wire.models import service_model
from clary.wire.validate import validate

JOB: dict[str, Any] = {
    "TrainingJobName": "job-1",
    "RoleArn": "arn:aws:iam::123456789012:role/service-role/Trainer",
    "AlgorithmSpecification": {
        "TrainingImage": "pytorch-training:2.6-cpu-py312",
        "TrainingInputMode": "File",
    },
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def message(operation: str, params: dict[str, Any], service: str = "sagemaker") -> str:
    with pytest.raises(ValidationError) as caught:
        validate(service_model(service).operation_model(operation), params)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def job(**changes: Any) -> dict[str, Any]:
    return {**JOB, **changes}


def test_a_sound_request_passes() -> None:
    validate(service_model("sagemaker").operation_model("CreateTrainingJob"), JOB)


def test_an_operation_without_parameters_passes() -> None:
    validate(service_model("sts").operation_model("GetCallerIdentity"), {})


def test_a_missing_member_is_null() -> None:
    assert message("DescribeTrainingJob", {}) == (
        "1 validation error detected: Value null at 'trainingJobName' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_a_name_is_held_against_length_and_pattern() -> None:
    assert message("DescribeTrainingJob", {"TrainingJobName": ""}) == (
        "2 validation errors detected: "
        "Value '' at 'trainingJobName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value '' at 'trainingJobName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    )


def test_a_name_that_is_too_long_is_told_its_limit() -> None:
    name = "a" * 64

    assert message("DescribeTrainingJob", {"TrainingJobName": name}) == (
        f"1 validation error detected: Value '{name}' at 'trainingJobName' failed to satisfy constraint: "
        "Member must have length less than or equal to 63"
    )


def test_all_failures_are_told_together_with_their_way() -> None:
    resources = {"InstanceType": "ml.nothing", "InstanceCount": -1, "VolumeSizeInGB": 30}

    told = message("CreateTrainingJob", job(TrainingJobName="a b", ResourceConfig=resources, RoleArn=None))

    assert told.startswith("4 validation errors detected: ")
    assert (
        "Value 'a b' at 'trainingJobName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: "
    ) in told
    assert "Value null at 'roleArn' failed to satisfy constraint: Member must not be null" in told
    assert (
        "Value 'ml.nothing' at 'resourceConfig.instanceType' failed to satisfy constraint: "
        "Member must satisfy enum value set: ["
    ) in told
    assert (
        "Value '-1' at 'resourceConfig.instanceCount' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0"
    ) in told


def test_of_hundreds_of_values_the_near_ones_are_told() -> None:
    resources = {"InstanceType": "ml.m5.huge", "InstanceCount": 1, "VolumeSizeInGB": 30}

    told = message("CreateTrainingJob", job(ResourceConfig=resources))

    listed = told.partition("enum value set: [")[2].partition("]")[0].split(", ")
    assert "ml.m5.large" in listed
    assert len(listed) == 6
    assert listed[-1].endswith(" in all")


def test_a_structure_in_a_list_is_counted_from_one() -> None:
    tags = [{"Key": "fine", "Value": "x"}, {"Key": "", "Value": "x"}, {"Value": "x"}]

    told = message("CreateTrainingJob", job(Tags=tags))

    assert told.startswith("2 validation errors detected: ")
    assert "Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length" in told
    assert "Value null at 'tags.3.member.key' failed to satisfy constraint: Member must not be null" in told


def test_a_list_of_texts_is_one_value() -> None:
    vpc = {"SecurityGroupIds": ["sg 1"], "Subnets": []}

    told = message("CreateTrainingJob", job(VpcConfig=vpc))

    assert (
        "Value '[sg 1]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 32, "
        "Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]"
    ) in told
    assert (
        "Value '[]' at 'vpcConfig.subnets' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    ) in told


def test_the_keys_and_values_of_a_map_are_one_value() -> None:
    told = message("CreateTrainingJob", job(HyperParameters={"k" * 257: "v", "k": "v" * 2501}))

    assert "Map keys must satisfy constraint: [Member must have length less than or equal to 256" in told
    assert "Map value must satisfy constraint: [Member must have length less than or equal to 2500" in told


def test_a_null_in_a_list_or_a_map_is_told() -> None:
    told = message("CreateTrainingJob", job(Tags=[None], HyperParameters={"a": None}))

    assert "Value null at 'tags.1.member' failed to satisfy constraint: Member must not be null" in told
    assert (
        "Value null at 'hyperParameters.a.member' failed to satisfy constraint: Member must not be null"
        in told
    )


def test_a_secret_is_not_repeated() -> None:
    told = message("ChangePassword", {"OldPassword": "old", "NewPassword": ""}, service="iam")

    assert "Value at 'newPassword' failed to satisfy constraint: Member must have length greater" in told


def test_a_recursive_filter_is_checked_at_every_level() -> None:
    expression: dict[str, Any] = {"Filters": [{"Name": ""}]}
    for _ in range(3):
        expression = {"SubExpressions": [expression]}

    told = message("Search", {"Resource": "Experiment", "SearchExpression": expression})

    way = "searchExpression" + ".subExpressions.1.member" * 3 + ".filters.1.member.name"
    assert f"Value '' at '{way}' failed" in told


def test_with_many_failures_nothing_more_is_looked_at() -> None:
    told = message("CreateArtifact", {"Source": {"SourceUri": "s", "SourceTypes": [None] * 5000}})

    assert told.startswith("100 validation errors detected: ")
    assert len(told) < 20_000


def test_of_a_list_that_is_too_long_only_that_is_said() -> None:
    told = message("CreateTrainingJob", job(Tags=[{}] * 5000))

    assert told.startswith("1 validation error detected: Value '[{}, {}, ")
    assert told.endswith(
        "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50"
    )
    assert len(told) < 2_000


def test_a_long_value_is_repeated_in_part() -> None:
    told = message("DescribeTrainingJob", {"TrainingJobName": "a" * 1_000_000})

    assert "a..." in told
    assert len(told) < 2_000


@pytest.mark.parametrize(
    "members", [{}, {"TabularJobConfig": {"TargetAttributeName": "y"}, "TextClassificationJobConfig": {}}]
)
def test_a_union_takes_one_member(members: dict[str, Any]) -> None:
    told = message("CreateAutoMLJobV2", {"AutoMLProblemTypeConfig": members})

    assert "at 'autoMLProblemTypeConfig' failed to satisfy constraint: Member must have exactly one" in told


def test_a_text_that_takes_too_long_to_match_is_refused_once() -> None:
    target = {"TeamName": "a" * 200 + "!"}

    told = message("CreateComputeQuota", {"Name": "q", "ComputeQuotaTarget": target})

    assert told.count("takes too long") == 1
