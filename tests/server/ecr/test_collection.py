"""What is deleted gives its place back; what a killed server leaves harms nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.server.ecr.conftest import Registry
from tests.server.ecr.images import digest, small_image

from clary.server.ecr.collection import collect_garbage
from clary.server.ecr.storage import mend, repositories

LONG_AGO = time.time() - 3600


def age(storage: Path) -> None:
    """Everything was written an hour ago."""
    for folder, _, files in os.walk(storage):
        for name in (*files, "."):
            os.utime(os.path.join(folder, name), (LONG_AGO, LONG_AGO))


def blob(storage: Path, content: bytes) -> Path:
    digits = digest(content).partition(":")[2]
    return storage / "docker/registry/v2/blobs/sha256" / digits[:2] / digits / "data"


def collect(registry: Registry) -> bool:
    return collect_garbage(registry.server, registry.served.platform.records, quiet_s=0)


def test_layers_of_deleted_images_and_repositories_go(registry: Registry) -> None:
    docker, storage = registry.login(), registry.server.storage
    kept, deleted, inner = small_image(b"kept"), small_image(b"deleted"), small_image(b"inner")
    for name in ("outer", "outer/inner"):
        registry.ecr.create_repository(repositoryName=name)
    docker.push("outer", kept, "kept")
    docker.push("outer", deleted, "deleted")
    docker.push("outer/inner", inner, "1")
    registry.ecr.batch_delete_image(
        repositoryName="outer", imageIds=[{"imageDigest": digest(deleted.manifest)}]
    )
    registry.ecr.delete_repository(repositoryName="outer/inner", force=True)
    age(storage)

    assert collect(registry)

    assert docker.ask("GET", f"/v2/outer/blobs/{digest(kept.layer)}").body == kept.layer
    assert [blob(storage, each.layer).exists() for each in (kept, deleted, inner)] == [True, False, False]
    assert "outer/inner" not in {name for name, _ in repositories(storage)}
    # What is pushed again comes back whole.
    assert docker.push("outer", deleted, "again").status == 201
    assert docker.ask("GET", f"/v2/outer/blobs/{digest(deleted.layer)}").body == deleted.layer


def test_without_garbage_the_registry_server_is_left_alone(registry: Registry) -> None:
    registry.ecr.create_repository(repositoryName="still/here")
    registry.login().push("still/here", small_image(b"still here"), "1")
    age(registry.server.storage)
    collect(registry)

    assert not collect(registry)


def test_a_manifest_that_came_just_now_stays(registry: Registry) -> None:
    registry.ecr.create_repository(repositoryName="just/now")
    docker, image = registry.login(), small_image(b"just now")
    docker.push("just/now", image, "1")
    registry.ecr.delete_repository(repositoryName="just/now", force=True)

    collect(registry)

    assert blob(registry.server.storage, image.layer).exists()


def test_while_somebody_pushes_nothing_is_collected(registry: Registry) -> None:
    with registry.server.use():
        assert not collect(registry)


def test_files_that_a_killed_server_has_left_empty_are_removed(registry: Registry) -> None:
    docker, image = registry.login(), small_image(b"link was cut")
    registry.ecr.create_repository(repositoryName="cut/off")
    docker.push("cut/off", image, "1")
    digits = digest(image.layer).partition(":")[2]
    root = registry.server.storage / "docker/registry/v2/repositories/cut/off"
    link = root / "_layers" / "sha256" / digits / "link"
    link.write_bytes(b"")
    age(link.parent)

    with registry.server.halted() as is_free:
        assert is_free

    assert docker.ask("HEAD", f"/v2/cut/off/blobs/{digest(image.layer)}").status == 404
    assert docker.push("cut/off", image, "1").status == 201
    assert docker.ask("GET", f"/v2/cut/off/blobs/{digest(image.layer)}").body == image.layer


def test_the_content_of_no_bytes_is_no_cut_file(tmp_path: Path) -> None:
    nothing = blob(tmp_path, b"")
    upload = tmp_path / "docker/registry/v2/repositories/r/_uploads/u/data"
    for path in (nothing, upload):
        path.parent.mkdir(parents=True)
        path.touch()
    age(tmp_path)

    mend(tmp_path)

    assert nothing.exists()
    assert upload.exists()
