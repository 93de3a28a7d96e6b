from __future__ import annotations

import itertools
import json
import socket

import pytest
from botocore.exceptions import ClientError
from tests.server.ecr.conftest import Registry
from tests.server.ecr.images import INDEX, OCI, RegistryClient, digest, small_image

_numbers = itertools.count()


@pytest.fixture
def repository(registry: Registry) -> str:
    name = f"team/images-{next(_numbers)}"
    registry.ecr.create_repository(repositoryName=name)
    return name


def test_an_image_that_is_pushed_is_pulled_and_described(registry: Registry, repository: str) -> None:
    image, docker = small_image(), registry.login()

    pushed = docker.push(repository, image, "1")

    assert (pushed.status, pushed.headers["docker-content-digest"]) == (201, digest(image.manifest))
    for reference in ("1", digest(image.manifest)):
        assert docker.ask("GET", f"/v2/{repository}/manifests/{reference}").body == image.manifest
    layer = docker.ask("GET", f"/v2/{repository}/blobs/{digest(image.layer)}")
    assert (layer.status, layer.body) == (200, image.layer)
    [detail] = registry.ecr.describe_images(repositoryName=repository)["imageDetails"]
    assert detail["imageDigest"] == digest(image.manifest)
    assert (detail["imageTags"], detail["imageSizeInBytes"]) == (["1"], len(image.layer))


def test_what_is_there_is_not_pushed_again(registry: Registry, repository: str) -> None:
    image, docker = small_image(), registry.login()
    docker.push(repository, image, "1")

    assert docker.ask("HEAD", f"/v2/{repository}/blobs/{digest(image.layer)}").status == 200
    assert docker.ask("HEAD", f"/v2/{repository}/blobs/{digest(b'other')}").status == 404
    assert docker.ask("GET", f"/v2/{repository}/tags/list").body == b'{"name":"%b","tags":["1"]}' % (
        repository.encode()
    )


def test_a_tag_moves_and_leaves_the_image_it_had(registry: Registry, repository: str) -> None:
    docker, first, second = registry.login(), small_image(b"first"), small_image(b"second")
    docker.push(repository, first, "latest")

    docker.push(repository, second, "latest")

    assert docker.ask("GET", f"/v2/{repository}/manifests/latest").body == second.manifest
    listed = registry.ecr.list_images(repositoryName=repository)["imageIds"]
    assert {(each["imageDigest"], each.get("imageTag")) for each in listed} == {
        (digest(first.manifest), None),
        (digest(second.manifest), "latest"),
    }


def test_tags_that_differ_in_case_are_two(registry: Registry, repository: str) -> None:
    docker, small, large = registry.login(), small_image(b"small"), small_image(b"LARGE")

    docker.push(repository, small, "v1")
    docker.push(repository, large, "V1")

    assert docker.ask("GET", f"/v2/{repository}/manifests/v1").body == small.manifest
    assert docker.ask("GET", f"/v2/{repository}/manifests/V1").body == large.manifest


def test_an_immutable_tag_stays(registry: Registry, repository: str) -> None:
    docker, first, second = registry.login(), small_image(b"first"), small_image(b"second")
    registry.ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="IMMUTABLE")
    docker.push(repository, first, "1")

    again, other = docker.push(repository, first, "1"), docker.push(repository, second, "1")

    assert again.status == 201
    assert (other.status, other.code) == (400, "TAG_INVALID")
    assert "cannot be overwritten" in other.message
    assert docker.ask("GET", f"/v2/{repository}/manifests/1").body == first.manifest


def test_a_repository_has_to_be_created_first(registry: Registry) -> None:
    refused = registry.login().push("nobody/made-it", small_image(), "1")

    assert (refused.status, refused.code) == (404, "NAME_UNKNOWN")
    assert "'nobody/made-it' does not exist" in refused.message


@pytest.mark.parametrize(
    "path",
    [
        "/v2/../../etc/passwd/manifests/1",
        "/v2/x/../y/blobs/uploads/",
        "/v2/%2e%2e/%2e%2e/x/manifests/1",
        "/v2/Team/images/manifests/1",
        "/v2/team/_uploads/manifests/1",
        "/v2/team/images/manifests/..",
        "/v2/team/images/manifests/sha256:abc",
        "/v2/team/images/blobs/sha512:" + "0" * 128,
        "/v2/team/images/blobs/uploads/../../x",
        "/v2/" + "a" * 257 + "/manifests/1",
        "/v2/_catalog",
        "/v2//manifests/1",
    ],
)
def test_a_name_that_is_none_is_refused_before_it_is_passed_on(registry: Registry, path: str) -> None:
    for method in ("GET", "PUT", "POST"):
        refused = registry.login().ask(method, path, b"")

        assert (refused.status, refused.code) == (404, "NAME_INVALID")


def test_a_digest_that_lies_is_refused(registry: Registry, repository: str) -> None:
    docker, image = registry.login(), small_image()
    begun = docker.ask("POST", f"/v2/{repository}/blobs/uploads/")

    layer = docker.ask("PUT", f"{begun.headers['location']}&digest={digest(b'something else')}", image.layer)
    manifest = docker.put_manifest(repository, image.manifest, digest(b"something else"))

    assert (layer.status, layer.code) == (400, "DIGEST_INVALID")
    assert (manifest.status, manifest.code) == (400, "DIGEST_INVALID")
    assert registry.ecr.list_images(repositoryName=repository)["imageIds"] == []


def test_a_manifest_whose_layers_were_not_pushed_is_refused(registry: Registry, repository: str) -> None:
    image = small_image(b"never pushed")

    refused = registry.login().put_manifest(repository, image.manifest, "1")

    assert (refused.status, refused.code) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert registry.ecr.list_images(repositoryName=repository)["imageIds"] == []


def test_layers_of_another_repository_are_not_mounted(registry: Registry, repository: str) -> None:
    docker, image = registry.login(), small_image(b"of another")
    registry.ecr.create_repository(repositoryName=f"{repository}/other")
    docker.push(f"{repository}/other", image, "1")

    begun = docker.ask(
        "POST",
        f"/v2/{repository}/blobs/uploads/?mount={digest(image.layer)}&from={repository}/other",
    )

    assert begun.status == 202
    assert docker.ask("GET", f"/v2/{repository}/blobs/{digest(image.layer)}").status == 404


@pytest.mark.parametrize(
    ("manifest", "status"),
    [
        (b" " * ((4 << 20) + 1), 413),
        (b"[" * (1 << 20), 400),
        (b"\xff\xfe", 400),
        (b"{}", 400),
        (b'{"schemaVersion":2,"config":[],"layers":{}}', 400),
        (b'{"schemaVersion":2,"config":{"digest":"sha256:../../x","size":1},"layers":[]}', 400),
    ],
)
def test_what_is_no_manifest_is_refused(
    registry: Registry, repository: str, manifest: bytes, status: int
) -> None:
    refused = registry.login().put_manifest(repository, manifest, "1")

    assert (refused.status, refused.code) in ((status, "MANIFEST_INVALID"), (413, "SIZE_INVALID"))


def test_a_push_that_is_cut_leaves_nothing_to_see(registry: Registry, repository: str) -> None:
    docker, image = registry.login(), small_image()
    begun = docker.ask("POST", f"/v2/{repository}/blobs/uploads/")
    location = begun.headers["location"]

    with socket.create_connection((docker.host, docker.port)) as link:
        head = f"PATCH {location} HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n"
        sent = "".join(f"{name}: {value}\r\n" for name, value in docker.headers().items())
        link.sendall(f"{head}{sent}\r\n".encode() + b"x" * 1000)

    assert registry.ecr.list_images(repositoryName=repository)["imageIds"] == []
    assert docker.push(repository, image, "1").status == 201


def test_an_image_of_several_platforms_keeps_its_parts(registry: Registry, repository: str) -> None:
    docker, image = registry.login(), small_image()
    docker.push(repository, image, digest(image.manifest))
    described = {"mediaType": OCI, "digest": digest(image.manifest), "size": len(image.manifest)}
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described]}).encode()

    assert docker.put_manifest(repository, index, "1", INDEX).status == 201

    refused = registry.ecr.batch_delete_image(
        repositoryName=repository, imageIds=[{"imageDigest": digest(image.manifest)}]
    )
    assert [each["failureCode"] for each in refused["failures"]] == ["ImageReferencedByManifestList"]
    gone = registry.ecr.batch_delete_image(repositoryName=repository, imageIds=[{"imageTag": "1"}])
    assert gone["imageIds"] == [{"imageDigest": digest(index), "imageTag": "1"}]


def test_without_a_password_the_client_is_asked_for_one(registry: Registry) -> None:
    for password in ("", "nonsense", "a.b.c", "ASIA.x." + "y" * 43, "ä.ö.ü"):
        refused = RegistryClient(registry.served.host, registry.served.port, password).ask("GET", "/v2/")

        assert (refused.status, refused.code) == (401, "UNAUTHORIZED")
        assert refused.headers["www-authenticate"] == 'Basic realm="Clary"'


def test_a_password_is_no_key_and_a_session_token_is_no_password(registry: Registry) -> None:
    key, token, _ = registry.login().password.split(".")
    client = registry.client("sts", key, "no secret", token)

    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client.get_caller_identity()
    stolen = RegistryClient(registry.served.host, registry.served.port, f"{key}.{token}.")
    assert stolen.ask("GET", "/v2/").status == 401


def test_a_user_may_do_what_policies_allow(registry: Registry, repository: str) -> None:
    docker, image = registry.login(), small_image()
    docker.push(repository, image, "1")
    keys = registry.served.keys
    iam = registry.client("iam", keys.access_key, keys.secret_key)
    iam.create_user(UserName="reader")
    iam.attach_user_policy(
        UserName="reader", PolicyArn="arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"
    )
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = registry.login(registry.client("ecr", key["AccessKeyId"], key["SecretAccessKey"]))

    assert reader.ask("GET", f"/v2/{repository}/manifests/1").body == image.manifest
    assert reader.ask("GET", f"/v2/{repository}/blobs/{digest(image.layer)}").status == 200
    refused = reader.push(repository, small_image(b"not mine"), "1")
    assert (refused.status, refused.code) == (403, "DENIED")
    assert "reader is not authorized to perform: ecr:InitiateLayerUpload" in refused.message
    refused = reader.put_manifest(repository, image.manifest, "2")
    assert (refused.status, refused.code) == (403, "DENIED")


def test_a_killed_registry_server_is_started_again(registry: Registry, repository: str) -> None:
    docker, image = registry.login(), small_image()
    docker.push(repository, image, "1")
    process = registry.server._process
    assert process is not None
    process.kill()
    process.wait()

    assert docker.ask("GET", f"/v2/{repository}/blobs/{digest(image.layer)}").body == image.layer
