"""Environments of a node: a spec that was made on the server becomes one for the machine where it runs.

the environment is there at the same path      used as it is: a shared file system, or the same machine
the node has it                                its own path
else                                           its own path, and the command that brings it there

an image of the node's container engine        its engine
else                                           the command that loads it from ECR, or says what is missing
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clary.domain.hosts import EnvironmentSpec

from .commands import command_of
from .environments import Environments
from .fetch_image import find_image
from .marker import read_marker
from .serving_support import front

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clary.domain.hosts import ContainerImage

ENVIRONMENTS_BYTES = 50 << 30
"""The most that a node keeps of environments that no host of it uses."""


def for_node(
    spec: Mapping[str, Any], root: Path, hosts: Path, most_bytes: int = ENVIRONMENTS_BYTES
) -> dict[str, Any]:
    """Returns the document of a HostSpec with the environment as this node has it.

    root: the node's environments. hosts: the folders of its hosts, whose environments are not removed.
    """
    environment = EnvironmentSpec.from_document(dict(spec["environment"]))
    return {**spec, "environment": asdict(_on_node(environment, root, hosts, most_bytes))}


def _on_node(environment: EnvironmentSpec, root: Path, hosts: Path, most_bytes: int) -> EnvironmentSpec:
    if environment.container is not None and not environment.container.engine:
        return _image_on_node(environment, environment.container, root)
    if environment.container is not None or not environment.layer_builder:
        return environment  # nobody has built it for Clary: it can't be sent
    if environment.front is not None and not Path(environment.front.python).exists():
        environment = replace(environment, front=_own_front())
    prefix = Path(environment.prefix)
    if read_marker(prefix) is not None:
        # Layers are put beside it, by the Clary of this node.
        found = Environments(prefix.parent.parent).find_key(prefix.name)
    else:
        found = Environments(root).find_key(environment.name)
    if found is not None:
        return replace(
            found, variables=environment.variables, serving=environment.serving, front=environment.front
        )
    command = (*command_of("fetch"), "--root", str(root))
    bound = ("--hosts", str(hosts), "--most-bytes", str(most_bytes))
    return replace(
        environment, prefix=str(root / "envs" / environment.name), readable=(), fetch=(*command, *bound)
    )


def _image_on_node(environment: EnvironmentSpec, image: ContainerImage, root: Path) -> EnvironmentSpec:
    found = find_image(environment.name, image)
    if found is not None:
        return replace(environment, container=found)
    return replace(environment, fetch=(*command_of("fetch_image"), "--lock", str(root / "locks/images")))


def _own_front() -> Any:
    try:
        return front()
    except ModuleNotFoundError:
        return None
