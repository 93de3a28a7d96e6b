from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable
from typing import Any, cast

import pytest
from tests.server.ecr.conftest import Registry
from tests.server.ecr.images import INDEX, OCI, SmallImage, digest, small_image

from clary.compute.engine_images import EngineImages
from clary.domain.errors import BadRequest
from clary.domain.hosts import ContainerImage, EnvironmentSpec
from clary.host.container.engine import EngineError
from clary.server.ecr.job_images import JobImages

ACCOUNT, REGION = "111122223333", "us-east-1"
AWS_NAME = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


class UnpackedEngine:
    """Stands for an engine: unpacks what is loaded, and knows it by its id."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.loads = 0
        self.refuses = ""

    def find(self, image_uri: str, reference: str = "") -> EnvironmentSpec | None:
        if f"{reference.partition(':')[2]}.json" not in self.files:
            return None
        return EnvironmentSpec(image_uri, "", container=ContainerImage("unix:///e", reference, (), (), {}))

    def load(self, archive: Iterable[bytes]) -> None:
        content = b"".join(archive)
        self.loads += 1
        if self.refuses:
            raise EngineError(500, self.refuses)
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            self.files.update({name: tar.extractfile(name).read() for name in tar.getnames()})  # type: ignore[union-attr]


@pytest.fixture
def engine() -> UnpackedEngine:
    return UnpackedEngine()


@pytest.fixture
def images(registry: Registry) -> JobImages:
    return JobImages(
        registry.served.platform.records,
        registry.server,
        account=ACCOUNT,
        region=REGION,
        ports=lambda: {registry.served.port},
    )


@pytest.fixture(scope="module")
def pushed(registry: Registry) -> SmallImage:
    registry.ecr.create_repository(repositoryName="team/fits")
    image = small_image(b"fits")
    assert registry.login().push("team/fits", image, "1").status == 201
    return image


def put(images: JobImages, engine: UnpackedEngine, uri: str, tell: Callable[[str], None]) -> EnvironmentSpec:
    found = images.find(uri)
    assert found is not None
    return images.into_engine(found, cast("EngineImages", engine), tell)


def test_every_name_of_an_image_finds_it(registry: Registry, images: JobImages, pushed: SmallImage) -> None:
    port = registry.served.port
    for uri in (
        f"{AWS_NAME}/team/fits:1",
        f"{AWS_NAME}/team/fits@{digest(pushed.manifest)}",
        f"{AWS_NAME}/team/fits:1@{digest(pushed.manifest)}",
        f"127.0.0.1:{port}/team/fits:1",
        f"localhost:{port}/team/fits:1",
    ):
        found = images.find(uri)

        assert found is not None, uri
        assert (found.digest, found.id) == (digest(pushed.manifest), digest(pushed.config))


def test_names_of_others_are_not_ecrs(registry: Registry, images: JobImages, pushed: SmallImage) -> None:
    for uri in (
        "team/fits:1",
        f"444455556666.dkr.ecr.{REGION}.amazonaws.com/team/fits:1",
        f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team/fits:1",
        f"registry.example.com:{registry.served.port}/team/fits:1",
        f"127.0.0.1:{registry.served.port + 1}/team/fits:1",
        f"198.51.100.7:{registry.served.port}/team/fits:1",
        f"{AWS_NAME}/../team/fits:1",
    ):
        assert (images.find(uri), images.has_not(uri)) == (None, ""), uri


def test_what_was_not_pushed_is_told(images: JobImages, pushed: SmallImage) -> None:
    assert "no repository 'team/other'" in images.has_not(f"{AWS_NAME}/team/other:1")
    assert "no image with the tag 'latest'" in images.has_not(f"{AWS_NAME}/team/fits")


def test_an_image_is_loaded_once_with_the_bytes_that_were_pushed(
    images: JobImages, engine: UnpackedEngine, pushed: SmallImage
) -> None:
    told: list[str] = []

    first = put(images, engine, f"{AWS_NAME}/team/fits:1", told.append)
    again = put(images, engine, f"{AWS_NAME}/team/fits:1", told.append)

    assert first == again
    assert first.container is not None
    assert (first.container.id, engine.loads) == (digest(pushed.config), 1)
    [listed] = json.loads(engine.files["manifest.json"])
    assert engine.files[listed["Config"]] == pushed.config
    assert [engine.files[name] for name in listed["Layers"]] == [pushed.layer]
    assert told[-1].startswith(f"Loading the image {AWS_NAME}/team/fits:1: 0 of 0 MB")


def test_layers_that_changed_in_the_registry_are_not_loaded(
    registry: Registry, images: JobImages, engine: UnpackedEngine
) -> None:
    registry.ecr.create_repository(repositoryName="team/changed")
    image = small_image(b"changed")
    registry.login().push("team/changed", image, "1")
    digits = digest(image.layer).partition(":")[2]
    data = registry.server.storage / "docker/registry/v2/blobs/sha256" / digits[:2] / digits / "data"
    content = bytearray(image.layer)
    content[-1] ^= 1
    data.write_bytes(content)

    with pytest.raises(BadRequest, match="is not what was pushed"):
        put(images, engine, f"{AWS_NAME}/team/changed:1", print)

    assert engine.files == {}


def test_an_engine_that_refuses_is_told_in_its_words(images: JobImages, pushed: SmallImage) -> None:
    engine = UnpackedEngine()
    engine.refuses = "no space left on device"

    with pytest.raises(BadRequest, match=r"team/fits:1 could not be loaded: no space left on device"):
        put(images, engine, f"{AWS_NAME}/team/fits:1", print)


@pytest.mark.parametrize("machine", ["x86_64", "riscv64"])
def test_of_an_index_the_machine_s_own_image_is_taken(
    registry: Registry, images: JobImages, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    name = f"team/{machine.replace('_', '-')}"
    registry.ecr.create_repository(repositoryName=name)
    docker, image = registry.login(), small_image(b"two platforms")
    docker.push(name, image, digest(image.manifest))
    parts: list[dict[str, Any]] = [
        {
            "mediaType": OCI,
            "digest": digest(image.manifest),
            "size": len(image.manifest),
            "platform": {"os": "linux", "architecture": architecture},
        }
        for architecture in ("arm64", "amd64")
    ]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": parts}).encode()
    docker.put_manifest(name, index, "1", INDEX)

    if machine == "x86_64":
        found = images.find(f"{AWS_NAME}/{name}:1")
        assert found is not None
        assert found.digest == digest(image.manifest)
    else:
        with pytest.raises(BadRequest, match=r"images for linux/arm64, linux/amd64; .* needs linux/riscv64"):
            images.find(f"{AWS_NAME}/{name}:1")
