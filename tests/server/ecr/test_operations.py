"""ECR's operations, called by boto3."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.server.ecr.conftest import Registry
from tests.server.ecr.images import RegistryClient, SmallImage, digest, small_image

_numbers = itertools.count()


@pytest.fixture
def ecr(registry: Registry) -> Any:
    return registry.ecr


@pytest.fixture
def repository(ecr: Any) -> str:
    name = f"operations/{next(_numbers)}"
    ecr.create_repository(repositoryName=name)
    return name


@pytest.fixture
def docker(registry: Registry) -> RegistryClient:
    return registry.login()


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_repository_is_described_as_it_was_created(registry: Registry, ecr: Any) -> None:
    tags = [{"Key": "team", "Value": "a"}]
    made = ecr.create_repository(repositoryName="described", imageTagMutability="IMMUTABLE", tags=tags)[
        "repository"
    ]

    assert made["repositoryUri"] == f"{registry.served.host}:{registry.served.port}/described"
    assert made["repositoryArn"] == "arn:aws:ecr:us-east-1:111122223333:repository/described"
    assert made["imageTagMutability"] == "IMMUTABLE"
    assert made["encryptionConfiguration"] == {"encryptionType": "AES256"}
    assert ecr.describe_repositories(repositoryNames=["described"])["repositories"] == [made]
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == tags


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"imageScanningConfiguration": {"scanOnPush": True}}, "images are not scanned here"),
        ({"encryptionConfiguration": {"encryptionType": "KMS"}}, "no keys of KMS"),
        ({"imageTagMutability": "MUTABLE_WITH_EXCLUSION"}, "MUTABLE or IMMUTABLE"),
        ({"registryId": "444455556666"}, "the registry of this server is 111122223333"),
    ],
)
def test_what_is_not_served_is_refused_by_name(ecr: Any, more: dict[str, Any], said: str) -> None:
    code, message = refused(ecr.create_repository, repositoryName="refused", **more)

    assert code == "InvalidParameterException"
    assert said in message


@pytest.mark.parametrize("name", ["../../x", "Team", "a//b", "a/", "_x", "a" * 257])
def test_a_name_of_another_form_is_refused(ecr: Any, name: str) -> None:
    code, message = refused(ecr.create_repository, repositoryName=name)

    assert code in ("InvalidParameterException", "ValidationException")
    assert "repositoryName" in message


def test_missing_and_taken_names_have_aws_s_codes(ecr: Any, repository: str) -> None:
    assert refused(ecr.create_repository, repositoryName=repository)[0] == "RepositoryAlreadyExistsException"
    for call in (ecr.list_images, ecr.describe_images, ecr.delete_repository):
        assert refused(call, repositoryName="nowhere")[0] == "RepositoryNotFoundException"
    assert refused(ecr.describe_repositories, repositoryNames=["nowhere"])[0] == "RepositoryNotFoundException"
    assert (
        refused(ecr.list_images, repositoryName=repository, registryId="444455556666")[0]
        == "RepositoryNotFoundException"
    )


def test_a_repository_with_images_is_deleted_by_force_only(
    ecr: Any, docker: RegistryClient, repository: str
) -> None:
    docker.push(repository, small_image(), "1")

    assert refused(ecr.delete_repository, repositoryName=repository)[0] == "RepositoryNotEmptyException"
    ecr.delete_repository(repositoryName=repository, force=True)

    ecr.create_repository(repositoryName=repository)
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []
    assert docker.ask("GET", f"/v2/{repository}/manifests/1").status == 404


def test_lists_come_in_pages(ecr: Any, docker: RegistryClient, repository: str) -> None:
    images = [small_image(b"%d" % number) for number in range(3)]
    for number, image in enumerate(images):
        docker.push(repository, image, str(number))
    docker.put_manifest(repository, images[0].manifest, "also")

    pages = ecr.get_paginator("list_images").paginate(
        repositoryName=repository, PaginationConfig={"PageSize": 3}
    )
    listed = [each for page in pages for each in page["imageIds"]]
    described = [
        each["imageDigest"]
        for page in ecr.get_paginator("describe_images").paginate(
            repositoryName=repository, PaginationConfig={"PageSize": 2}
        )
        for each in page["imageDetails"]
    ]

    assert sorted(each["imageTag"] for each in listed) == ["0", "1", "2", "also"]
    assert described == sorted(digest(image.manifest) for image in images)
    names = [
        each["repositoryName"]
        for page in ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2})
        for each in page["repositories"]
    ]
    assert names == sorted(names)
    assert repository in names
    assert (
        refused(ecr.list_images, repositoryName=repository, nextToken="x")[0] == "InvalidParameterException"
    )


def test_images_are_filtered_by_tags(ecr: Any, docker: RegistryClient, repository: str) -> None:
    tagged, untagged = small_image(b"tagged"), small_image(b"untagged")
    docker.push(repository, tagged, "1")
    docker.push(repository, untagged, digest(untagged.manifest))

    for status, image in (("TAGGED", tagged), ("UNTAGGED", untagged)):
        [found] = ecr.list_images(repositoryName=repository, filter={"tagStatus": status})["imageIds"]
        assert found["imageDigest"] == digest(image.manifest)


def test_a_manifest_is_got_and_put_under_another_tag(
    ecr: Any, docker: RegistryClient, repository: str
) -> None:
    image = small_image()
    docker.push(repository, image, "1")

    got = ecr.batch_get_image(
        repositoryName=repository,
        imageIds=[{"imageTag": "1"}, {"imageTag": "2"}, {"imageDigest": "sha256:x"}],
    )
    manifest = got["images"][0]["imageManifest"]
    ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag="2")

    assert manifest.encode() == image.manifest
    assert [each["failureCode"] for each in got["failures"]] == ["ImageNotFound", "InvalidImageDigest"]
    [detail] = ecr.describe_images(repositoryName=repository)["imageDetails"]
    assert detail["imageTags"] == ["1", "2"]
    again = refused(ecr.put_image, repositoryName=repository, imageManifest=manifest, imageTag="2")
    assert again[0] == "ImageAlreadyExistsException"


def test_put_image_is_for_what_was_pushed(ecr: Any, repository: str) -> None:
    image = small_image(b"never pushed")

    code, message = refused(
        ecr.put_image, repositoryName=repository, imageManifest=image.manifest.decode(), imageTag="1"
    )

    assert code == "LayersNotFoundException"
    assert "docker push" in message
    code, _ = refused(ecr.put_image, repositoryName=repository, imageManifest="{}", imageTag="1")
    assert code == "InvalidParameterException"
    code, _ = refused(
        ecr.put_image,
        repositoryName=repository,
        imageManifest=image.manifest.decode(),
        imageDigest=f"sha256:{'0' * 64}",
    )
    assert code == "ImageDigestDoesNotMatchException"


def test_an_immutable_tag_is_not_put_on_another_image(
    ecr: Any, docker: RegistryClient, repository: str
) -> None:
    first, second = small_image(b"first"), small_image(b"second")
    docker.push(repository, first, "1")
    docker.push(repository, second, "2")
    ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="IMMUTABLE")

    code, _ = refused(
        ecr.put_image, repositoryName=repository, imageManifest=second.manifest.decode(), imageTag="1"
    )

    assert code == "ImageTagAlreadyExistsException"


def test_an_image_goes_with_its_last_tag(ecr: Any, docker: RegistryClient, repository: str) -> None:
    image: SmallImage = small_image()
    docker.push(repository, image, "1")
    docker.put_manifest(repository, image.manifest, "2")

    first = ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "1"}])
    between = docker.ask("GET", f"/v2/{repository}/manifests/2").status
    second = ecr.batch_delete_image(
        repositoryName=repository, imageIds=[{"imageTag": "2"}, {"imageTag": "2"}, {}]
    )

    assert first["imageIds"] == [{"imageDigest": digest(image.manifest), "imageTag": "1"}]
    assert between == 200
    assert [each["failureCode"] for each in second["failures"]] == ["ImageNotFound", "MissingDigestAndTag"]
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []
    assert (
        refused(ecr.describe_images, repositoryName=repository, imageIds=[{"imageTag": "2"}])[0]
        == "ImageNotFoundException"
    )


def test_tags_are_changed_by_arn(ecr: Any, repository: str) -> None:
    [found] = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    arn = found["repositoryArn"]

    ecr.tag_resource(resourceArn=arn, tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ecr.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert ecr.list_tags_for_resource(resourceArn=arn)["tags"] == [{"Key": "b", "Value": "2"}]
    reserved = refused(ecr.tag_resource, resourceArn=arn, tags=[{"Key": "aws:x", "Value": "1"}])
    assert reserved[0] == "InvalidTagParameterException"
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert refused(ecr.tag_resource, resourceArn=arn, tags=many)[0] == "TooManyTagsException"
    foreign = arn.replace("111122223333", "444455556666")
    assert refused(ecr.list_tags_for_resource, resourceArn=foreign)[0] == "InvalidParameterException"


def test_without_the_program_it_is_said_what_to_install(
    registry: Registry, ecr: Any, docker: RegistryClient, repository: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with registry.server.halted() as is_free:
        assert is_free
    monkeypatch.setenv("PATH", "/nonexistent")

    for call, request in (
        (ecr.create_repository, {"repositoryName": "more"}),
        (ecr.get_authorization_token, {}),
    ):
        code, message = refused(call, **request)
        assert code == "RegistryNotInstalledException"
        assert "apt-get install docker-registry" in message
    pushed = docker.push(repository, small_image(), "1")
    assert (pushed.status, pushed.code) == (404, "UNSUPPORTED")
    assert "apt-get install docker-registry" in pushed.message
    assert ecr.list_images(repositoryName=repository)["imageIds"] == []


def test_a_role_has_to_be_allowed_to_pull(
    registry: Registry, docker: RegistryClient, repository: str
) -> None:
    docker.push(repository, small_image(), "1")
    keys = registry.served.keys
    iam, sagemaker = (
        registry.client(name, keys.access_key, keys.secret_key) for name in ("iam", "sagemaker")
    )
    trust = {
        "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"
    }  # fmt: skip
    role = iam.create_role(
        RoleName="puller",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
    )["Role"]["Arn"]
    job = {
        "TrainingJobName": "pulls",
        "AlgorithmSpecification": {
            "TrainingImage": f"111122223333.dkr.ecr.us-east-1.amazonaws.com/{repository}:1",
            "TrainingInputMode": "File",
        },
        "RoleArn": role,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }

    _, without = refused(sagemaker.create_training_job, **job)
    iam.attach_role_policy(RoleName="puller", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
    _, with_it = refused(sagemaker.create_training_job, **job)

    assert "has no permission for ecr:BatchGetImage on arn:aws:ecr:us-east-1:111122223333" in without
    assert "is in ECR, but this server runs no containers: start it with CLARY_COMPUTE=container" in with_it
