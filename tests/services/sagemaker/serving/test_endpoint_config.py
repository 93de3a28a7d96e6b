from __future__ import annotations

from typing import Any

import pytest
from tests.services.conftest import Clock
from tests.services.sagemaker.serving.conftest import ROLE

from clary.domain.errors import BadRequest, ValidationError
from clary.services.context import Context
from clary.services.sagemaker.serving.endpoint_config import (
    create_endpoint_config,
    delete_endpoint_config,
    describe_endpoint_config,
    list_endpoint_configs,
)
from clary.services.sagemaker.serving.model import create_model
from clary.services.sagemaker.tags import list_tags

ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/digits"
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://data/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://data/answers"}}


@pytest.fixture(autouse=True)
def models(ctx: Context) -> None:
    """``one``, ``many`` and a pipeline ``line``."""
    image = {"Image": "pytorch-inference:2.6"}
    many = {**image, "Mode": "MultiModel", "ModelDataUrl": "s3://data/models/"}
    for name, containers in (
        ("one", {"PrimaryContainer": image}),
        ("many", {"PrimaryContainer": many}),
        ("line", {"Containers": [image, image]}),
    ):
        wanted: Any = {"ModelName": name, "ExecutionRoleArn": ROLE, **containers}
        create_model(ctx, wanted)


def variant(name: str = "AllTraffic", **members: Any) -> dict[str, Any]:
    return {
        "VariantName": name,
        "ModelName": "one",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        **members,
    }


def serverless(**members: Any) -> dict[str, Any]:
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, **members.pop("config", {})}
    return {"VariantName": "AllTraffic", "ModelName": "one", "ServerlessConfig": config, **members}


def request(*variants: dict[str, Any], **members: Any) -> Any:
    return {"EndpointConfigName": "Digits", "ProductionVariants": list(variants) or [variant()], **members}


def test_a_configuration_is_described_as_it_was_created(ctx: Context, clock: Clock) -> None:
    tags = [{"Key": "team", "Value": "vision"}]
    two = variant("a", InitialVariantWeight=3.0), variant("b", InitialInstanceCount=2)

    answer = create_endpoint_config(
        ctx, request(*two, DataCaptureConfig=CAPTURE, AsyncInferenceConfig=ASYNC, Tags=tags)
    )

    assert answer == {"EndpointConfigArn": ARN}
    found = describe_endpoint_config(ctx, {"EndpointConfigName": "digits"})
    weights = [(each["VariantName"], each["InitialVariantWeight"]) for each in found["ProductionVariants"]]
    assert weights == [("a", 3.0), ("b", 1.0)]
    assert (found["DataCaptureConfig"], found["AsyncInferenceConfig"]) == (CAPTURE, ASYNC)
    assert found["CreationTime"] == clock.now
    assert "ShadowProductionVariants" not in found
    assert list_tags(ctx, {"ResourceArn": ARN})["Tags"] == tags


@pytest.mark.parametrize(
    "fine",
    [
        request(serverless()),
        request(serverless(), DataCaptureConfig={**CAPTURE, "EnableCapture": False}),
        request(variant("a"), ShadowProductionVariants=[variant("b")]),
        request(variant(ModelName="many")),
        request(variant(ModelName="line"), DataCaptureConfig=CAPTURE),
        request(variant("a", InitialVariantWeight=0.0), variant("b")),
    ],
)
def test_what_an_endpoint_can_have_is_accepted(ctx: Context, fine: Any) -> None:
    assert create_endpoint_config(ctx, fine) == {"EndpointConfigArn": ARN}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (request(variant(ModelName="none")), 'Could not find model "arn:aws:sagemaker:.*:model/none"'),
        (request({**variant(), "ModelName": "ONE", "VariantName": "a"}, variant("a")), "a is used twice"),
        (
            request(variant("a"), ShadowProductionVariants=[variant("a")]),
            "The VariantName a is used twice",
        ),
        (request({"VariantName": "a"}), "ProductionVariants a: ModelName is required"),
        (request({"VariantName": "a", "ModelName": "one"}), "needs InstanceType and InitialInstanceCount"),
        (request(variant(InitialInstanceCount=3)), "3 hosts of ml.m5.large are too many"),
        (request(variant("a", InitialVariantWeight=0.0)), "so no variant would get a request"),
        (request(serverless(InstanceType="ml.m5.large")), "ServerlessConfig and InstanceType"),
        (request(serverless(config={"MemorySizeInMB": 1500})), "MemorySizeInMB is 1500; it has to be 1024"),
        (request(serverless(config={"ProvisionedConcurrency": 6})), "more than MaxConcurrency, which is 5"),
        (request(serverless(), variant("b")), "with ServerlessConfig there is one"),
        (request(serverless(ModelName="line")), "can't be serverless"),
        (request(serverless(ModelName="many")), "can't be serverless"),
        (request(serverless(), DataCaptureConfig=CAPTURE), "DataCaptureConfig can't be used with Serverless"),
        (request(serverless(), AsyncInferenceConfig=ASYNC), "AsyncInferenceConfig can't be used with"),
        (
            request(variant("a"), variant("b"), ShadowProductionVariants=[variant("c")]),
            "each has exactly one",
        ),
        (
            request(variant("a"), AsyncInferenceConfig=ASYNC, ShadowProductionVariants=[variant("c")]),
            "can't be used with AsyncInferenceConfig",
        ),
        (request(AsyncInferenceConfig={"OutputConfig": {}}), "S3OutputPath is required"),
        (
            request(AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "https://a/b"}}),
            "S3OutputPath is 'https://a/b'",
        ),
        (
            request(
                AsyncInferenceConfig={
                    "OutputConfig": {
                        "S3OutputPath": "s3://data/a",
                        "NotificationConfig": {"ErrorTopic": "arn:aws:sns:us-east-1:123456789012:t"},
                    }
                }
            ),
            "there is no SNS",
        ),
        (
            request(DataCaptureConfig={**CAPTURE, "CaptureOptions": [{"CaptureMode": "Input"}] * 2}),
            "each CaptureMode may be used once",
        ),
        (
            request(DataCaptureConfig={**CAPTURE, "DestinationS3Uri": "https://data/x"}),
            "DestinationS3Uri is 'https://data/x'",
        ),
        (request(variant(AcceleratorType="ml.eia1.medium")), "AcceleratorType is not served"),
        (request(variant(ManagedInstanceScaling={"Status": "ENABLED"})), "ManagedInstanceScaling is not"),
        (request(ExplainerConfig={}), "ExplainerConfig .* is not served"),
        (request(EnableNetworkIsolation=True), "would not be kept"),
    ],
)
def test_what_no_endpoint_could_have_is_refused(ctx: Context, wrong: Any, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        create_endpoint_config(ctx, wrong)
    assert list_endpoint_configs(ctx, {})["EndpointConfigs"] == []


def test_a_taken_name_is_refused(ctx: Context) -> None:
    create_endpoint_config(ctx, request())

    with pytest.raises(ValidationError, match="Cannot create already existing endpoint configuration"):
        create_endpoint_config(ctx, request())


def test_configurations_are_listed_newest_first(ctx: Context, clock: Clock) -> None:
    for name in ("b", "a"):
        create_endpoint_config(ctx, {**request(), "EndpointConfigName": name})
        clock.now += 1

    found = list_endpoint_configs(ctx, {})["EndpointConfigs"]

    assert [each["EndpointConfigName"] for each in found] == ["a", "b"]
    by_name = list_endpoint_configs(ctx, {"SortBy": "Name", "SortOrder": "Ascending", "NameContains": "b"})
    assert [each["EndpointConfigName"] for each in by_name["EndpointConfigs"]] == ["b"]


def test_a_deleted_configuration_is_gone(ctx: Context) -> None:
    create_endpoint_config(ctx, request())

    delete_endpoint_config(ctx, {"EndpointConfigName": "Digits"})

    for operation in (describe_endpoint_config, delete_endpoint_config):
        with pytest.raises(ValidationError, match="Could not find endpoint configuration"):
            operation(ctx, {"EndpointConfigName": "Digits"})
