"""The command ``fetch_image --lock FILE SPEC``: see ``commands.py``

Loads the image of a host from ECR of the server into the container engine of this node, unless another host
has done so. Without an engine, or for an image of elsewhere, it says what the node would need. Its answers
are those of ``fetch``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clary.compute.engine_images import EngineImages
from clary.compute.image_archive import Unarchivable, image_archive, loaded_name
from clary.domain.hosts import HostSpec
from clary.host.client.service import ServiceError
from clary.host.container.engine import EngineError
from clary.host.inputs.source import BUILD_FAILED
from clary.host.workloads.workload import find_workload

from .installer import EnvironmentBuildFailed
from .locks import locked
from .remote_registry import RemoteRegistry

if TYPE_CHECKING:
    from clary.domain.hosts import ContainerImage, EnvironmentSpec
    from clary.domain.manifests import Manifest

SAID_EVERY_S = 5.0


def find_image(name: str, image: ContainerImage) -> ContainerImage | None:
    """Returns an image as the engine of this machine has it; None where it has not got it."""
    images = EngineImages(os.environ)
    found = images.find(name, image.id)
    if found is None and image.pushed:
        # The id of an image is another one where Docker keeps images in containerd.
        found = images.find(name, loaded_name(*image.pushed.split("@")))
    return None if found is None else found.container


def fetch_image(spec: HostSpec, lock: Path) -> EnvironmentSpec:
    """Returns the environment of a host with the image in this machine's engine.

    Raises EnvironmentBuildFailed.
    """
    environment = spec.environment
    image = environment.container
    assert image is not None
    # One at a time: hosts that begin together need the same image, and engines unpack one after the other.
    with locked(lock, on_wait=lambda: None):
        found = find_image(environment.name, image)
        if found is None:
            _load(spec, image)
            found = find_image(environment.name, image)
    if found is None:
        raise EnvironmentBuildFailed(f"The container engine took {environment.name}, and does not know it.")
    return replace(environment, container=found)


def _load(spec: HostSpec, image: ContainerImage) -> None:
    images, name = EngineImages(os.environ), spec.environment.name
    node = spec.hosts.get(spec.host_name, "of this host")
    if not images.answers():
        raise EnvironmentBuildFailed(
            f"{name} needs Docker or Podman on the node {node}, and no container engine answers there. Start "
            "one (`systemctl start docker`, `podman system service`) before `ray start`, or let DOCKER_HOST "
            "say where it is."
        )
    if not image.pushed:
        raise EnvironmentBuildFailed(
            f"The container engine of the node {node} has no image {name} with the id {image.id[7:19]}, as "
            "other nodes have. Pull or build it there too, or push it to ECR, from where every node gets it."
        )
    try:
        registry = RemoteRegistry(spec, image.pushed)
        manifest = registry.manifest()
        on_bytes = _Progress(manifest).add
        called = loaded_name(*image.pushed.split("@"))
        images.load(image_archive(registry.read, manifest, called, on_bytes))
    except ServiceError as error:
        raise EnvironmentBuildFailed(f"The image {name} could not be read: {error.message}") from error
    except (EngineError, Unarchivable) as error:
        raise EnvironmentBuildFailed(f"The image {name} could not be loaded: {error}") from error


class _Progress:
    """Says how much of an image has come."""

    def __init__(self, manifest: Manifest) -> None:
        self._whole = manifest.size_bytes
        self._came = 0
        self._said_at = time.monotonic()

    def add(self, size_bytes: int) -> None:
        self._came += size_bytes
        now = time.monotonic()
        if now > self._said_at + SAID_EVERY_S:
            self._said_at = now
            came, whole = min(self._came, self._whole) / 1e6, self._whole / 1e6
            print(f"{came:,.0f} of {whole:,.0f} MB", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="fetch_image", description="Load the image of a host into this node's engine."
    )
    parser.add_argument("--lock", type=Path, required=True, help="held while an image is loaded")
    parser.add_argument("spec", type=Path)
    options = parser.parse_args()
    document: dict[str, Any] = json.loads(options.spec.read_text(encoding="utf-8"))
    spec = HostSpec.from_document(document, find_workload(document["workload_name"]).spec)
    try:
        found = fetch_image(spec, options.lock)
    except EnvironmentBuildFailed as error:
        print(BUILD_FAILED, error, sep="\n", file=sys.stderr)
        return 1
    print(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
