from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.services.conftest import Clock
from tests.services.sagemaker.serving.conftest import ROLE, STRANGER

from clary.domain.errors import BadRequest, PlatformError, ValidationError
from clary.kinds.serving_entities import containers_of
from clary.services.context import Context
from clary.services.sagemaker.serving.model import create_model, delete_model, describe_model, list_models
from clary.services.sagemaker.tags import list_tags

IMAGE = "pytorch-inference:2.6"
ARCHIVE = "s3://data/model.tar.gz"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:model/digits"
FOLDER = {"S3Uri": "s3://data/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}


def request(name: str = "Digits", **members: Any) -> Any:
    return {"ModelName": name, "ExecutionRoleArn": ROLE, **members}


def container(**members: Any) -> dict[str, Any]:
    return {"Image": IMAGE, **members}


def source(**members: Any) -> dict[str, Any]:
    return container(ModelDataSource={"S3DataSource": {**FOLDER, **members}})


def test_a_model_is_described_as_it_was_created(ctx: Context, put: Callable[..., str], clock: Clock) -> None:
    put("model.tar.gz")
    tags = [{"Key": "team", "Value": "vision"}]

    answer = create_model(ctx, request(PrimaryContainer=container(ModelDataUrl=ARCHIVE), Tags=tags))

    assert answer == {"ModelArn": ARN}
    found = describe_model(ctx, {"ModelName": "Digits"})
    assert found["PrimaryContainer"] == {
        "Image": IMAGE,
        "ModelDataUrl": ARCHIVE,
        "Mode": "SingleModel",
        "Environment": {},
    }
    assert (found["ModelArn"], found["ExecutionRoleArn"]) == (ARN, ROLE)
    assert found["CreationTime"] == clock.now
    assert found["EnableNetworkIsolation"] is False
    assert "Containers" not in found
    assert list_tags(ctx, {"ResourceArn": ARN})["Tags"] == tags


def test_a_pipeline_keeps_the_order_of_its_containers(ctx: Context, put: Callable[..., str]) -> None:
    put("model.tar.gz")
    first = container(Image="sagemaker-xgboost:1.7-1", Environment={"A": "1"}, ContainerHostname="scale")
    second = container(ModelDataUrl=ARCHIVE)

    create_model(ctx, request(Containers=[first, second]))

    found = describe_model(ctx, {"ModelName": "Digits"})
    assert [each["Image"] for each in found["Containers"]] == ["sagemaker-xgboost:1.7-1", IMAGE]
    assert found["Containers"][0]["Environment"] == {"A": "1"}
    assert "PrimaryContainer" not in found
    assert containers_of(ctx.records.get("model", "Digits")) == [first, second]


def test_a_name_is_used_once_whatever_its_case(ctx: Context) -> None:
    create_model(ctx, request(PrimaryContainer=container()))

    with pytest.raises(ValidationError, match="Cannot create already existing model") as taken:
        create_model(ctx, request("digits", PrimaryContainer=container()))
    assert ARN in taken.value.message


def test_models_are_listed_by_time_and_by_name(ctx: Context, clock: Clock) -> None:
    for name in ("b", "c", "a"):
        create_model(ctx, request(name, PrimaryContainer=container()))
        clock.now += 1

    def names(**members: Any) -> list[str]:
        return [each["ModelName"] for each in list_models(ctx, members)["Models"]]

    assert names() == ["a", "c", "b"]
    assert names(SortBy="Name", SortOrder="Ascending") == ["a", "b", "c"]
    assert names(NameContains="C") == ["c"]
    assert names(CreationTimeAfter=clock.now - 3) == ["a", "c"]
    first = list_models(ctx, {"MaxResults": 2})
    assert names(MaxResults=2, NextToken=first["NextToken"]) == ["b"]


def test_a_deleted_model_is_gone_with_its_tags(ctx: Context) -> None:
    create_model(ctx, request(PrimaryContainer=container(), Tags=[{"Key": "a", "Value": "b"}]))

    delete_model(ctx, {"ModelName": "Digits"})

    assert list_models(ctx, {})["Models"] == []
    assert ctx.tags.get(ARN) == {}
    for operation in (describe_model, delete_model):
        with pytest.raises(ValidationError, match="Could not find model") as missing:
            operation(ctx, {"ModelName": "Digits"})
        assert missing.value.code == "ValidationException"


def test_data_that_is_not_there_and_data_that_the_role_may_not_read_are_told_apart(
    ctx: Context, put: Callable[..., str]
) -> None:
    with pytest.raises(ValidationError, match=r"Could not find model data at s3://data/model\.tar\.gz\.$"):
        create_model(ctx, request(PrimaryContainer=container(ModelDataUrl=ARCHIVE)))
    put("model.tar.gz")

    with pytest.raises(ValidationError, match="Could not access model data at") as denied:
        create_model(
            ctx, request(PrimaryContainer=container(ModelDataUrl=ARCHIVE), ExecutionRoleArn=STRANGER)
        )

    assert f'the role "{STRANGER}" exists' in denied.value.message
    assert "no permission for s3:GetObject on arn:aws:s3:::data/model.tar.gz" in denied.value.message


def test_a_role_that_may_not_read_does_not_learn_whether_there_is_something(ctx: Context) -> None:
    with pytest.raises(ValidationError, match="Could not access model data at"):
        create_model(
            ctx, request(PrimaryContainer=container(ModelDataUrl=ARCHIVE), ExecutionRoleArn=STRANGER)
        )


def test_an_uncompressed_model_is_a_folder_with_objects(ctx: Context, put: Callable[..., str]) -> None:
    with pytest.raises(ValidationError, match="Could not find model data at s3://data/model/"):
        create_model(ctx, request(PrimaryContainer=source()))
    put("model/", b"")
    with pytest.raises(ValidationError, match="There is no object below it"):
        create_model(ctx, request(PrimaryContainer=source()))
    put("model/weights.pt")

    create_model(ctx, request(PrimaryContainer=source()))

    with pytest.raises(ValidationError, match="no permission for s3:ListBucket"):
        create_model(ctx, request("other", PrimaryContainer=source(), ExecutionRoleArn=STRANGER))


def test_one_object_may_be_given_with_the_etag_that_it_has_to_have(
    ctx: Context, put: Callable[..., str]
) -> None:
    etag = put("weights.pt")
    one = {"S3Uri": "s3://data/weights.pt", "S3DataType": "S3Object"}

    create_model(ctx, request(PrimaryContainer=source(**one, ETag=etag)))

    put("weights.pt", b"changed")
    with pytest.raises(ValidationError, match="it has changed since"):
        create_model(ctx, request("other", PrimaryContainer=source(**one, ETag=etag)))


def test_the_place_of_many_models_may_be_empty(ctx: Context) -> None:
    create_model(
        ctx, request(PrimaryContainer=container(Mode="MultiModel", ModelDataUrl="s3://data/models/"))
    )

    assert describe_model(ctx, {"ModelName": "Digits"})["PrimaryContainer"]["Mode"] == "MultiModel"


MANY = container(Mode="MultiModel", ModelDataUrl="s3://data/models/")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "needs PrimaryContainer, or Containers"),
        ({"Containers": []}, "needs PrimaryContainer, or Containers"),
        ({"PrimaryContainer": container(), "Containers": [container()]}, "only one of the two"),
        ({"PrimaryContainer": {}}, r"PrimaryContainer\.Image is required"),
        ({"Containers": [container(), {}]}, r"Containers\[1\]\.Image is required"),
        ({"PrimaryContainer": {"Image": "unheard-of:1"}}, "No image here is called 'unheard-of:1'"),
        ({"PrimaryContainer": container(ModelDataUrl="s3://data/")}, "names a folder"),
        ({"PrimaryContainer": container(ModelDataUrl="https://data/a.tar.gz")}, "begin with s3://"),
        (
            {"PrimaryContainer": container(ModelDataUrl="s3://nowhere/a.tar.gz")},
            "There is no bucket nowhere",
        ),
        (
            {"PrimaryContainer": {**source(), "ModelDataUrl": ARCHIVE}},
            "ModelDataUrl and ModelDataSource; give only one",
        ),
        ({"PrimaryContainer": source(S3Uri="s3://data/model")}, "has to end with /"),
        ({"PrimaryContainer": source(CompressionType="Gzip")}, "which S3DataType S3Prefix does not take"),
        ({"PrimaryContainer": source(ManifestS3Uri="s3://data/m")}, "ManifestS3Uri is not served"),
        ({"PrimaryContainer": container(Mode="MultiModel")}, "needs a ModelDataUrl"),
        ({"Containers": [container(), MANY]}, "not served within a pipeline"),
        (
            {"Containers": [container(), container()], "InferenceExecutionConfig": {"Mode": "Direct"}},
            r"Containers\[0\]\.ContainerHostname is required",
        ),
        (
            {"Containers": [container(ContainerHostname="one")] * 2},
            "the ContainerHostname one is used twice",
        ),
        ({"PrimaryContainer": container(), "EnableNetworkIsolation": True}, "would not be kept"),
    ],
)
def test_what_no_endpoint_could_serve_is_refused(ctx: Context, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        create_model(ctx, request(**wrong))
    assert list_models(ctx, {})["Models"] == []


def test_a_model_of_the_container_engine_may_be_isolated(ctx: Context) -> None:
    create_model(ctx, request(PrimaryContainer=container(Image="my-own:1"), EnableNetworkIsolation=True))

    assert describe_model(ctx, {"ModelName": "Digits"})["EnableNetworkIsolation"] is True


def test_a_model_needs_a_role(ctx: Context) -> None:
    with pytest.raises(PlatformError, match="ExecutionRoleArn is required"):
        create_model(ctx, {"ModelName": "Digits", "PrimaryContainer": container()})


def test_further_data_has_a_name_of_its_own(ctx: Context, put: Callable[..., str]) -> None:
    put("model/weights.pt")
    more = {"ChannelName": "adapter", "S3DataSource": FOLDER}

    create_model(ctx, request(PrimaryContainer=container(AdditionalModelDataSources=[more])))

    with pytest.raises(ValidationError, match="the ChannelName adapter is used twice"):
        create_model(
            ctx, request("other", PrimaryContainer=container(AdditionalModelDataSources=[more, more]))
        )
