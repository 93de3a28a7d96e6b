from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.compute.test_process_backend import spec, url
from tests.ray_node import RayNode, missing, ray_node

from clary.compute.backend import Backend
from clary.compute.backends.ray.backend import RayBackend
from clary.compute.backends.ray.link import DriverLink
from clary.compute.backends.ray.messages import DriverSettings
from clary.compute.contract import BackendContract, until_over
from clary.domain.hosts import HostSpec, TrainingSpec

__all__ = ["spec", "url"]

pytestmark = pytest.mark.skipif(missing() != "", reason=missing())


@pytest.fixture(scope="module")
def node() -> Iterator[RayNode]:
    with ray_node() as node:
        yield node


@dataclasses.dataclass(frozen=True)
class Installation:
    """One state folder of Clary on a cluster: its links are those of one server after the other."""

    node: RayNode
    folder: Path
    address: str
    links: list[DriverLink] = dataclasses.field(default_factory=list)

    @property
    def hosts(self) -> Path:
        # Ray calls a node by its address in the network, also where it was given that of loopback.
        return next(self.folder.glob("tests/*/hosts"))

    def link(self) -> DriverLink:
        settings = DriverSettings(self.address, "tests", str(self.folder))
        self.links.append(DriverLink(self.node.python, settings, self.folder / "driver.log"))
        return self.links[-1]


async def end_all(backend: RayBackend, hosts: Path) -> None:
    for handle in await backend.handles():
        with contextlib.suppress(OSError, ValueError):
            if await backend.poll(handle) is None:
                os.kill(int((hosts / handle / "agent.pid").read_text()), signal.SIGKILL)
        await until_over(backend, handle)
        await backend.forget(handle)


@pytest.fixture(scope="module", params=["on a node", "Ray Client"])
def installation(
    node: RayNode, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    address = node.address if request.param == "on a node" else node.client_address
    made = Installation(node, tmp_path_factory.mktemp("nodes"), address)
    yield made
    for link in made.links:
        link.close()


class TestRayBackend(BackendContract):
    @pytest.fixture
    def backend(self, installation: Installation) -> Iterator[RayBackend]:
        backend = RayBackend(installation.links[0] if installation.links else installation.link())
        self.installation = installation
        yield backend
        asyncio.run(end_all(backend, installation.hosts))

    @pytest.fixture
    def endless(self, spec: HostSpec) -> HostSpec:
        return dataclasses.replace(spec, workload=TrainingSpec(entrypoint=("/bin/sleep", "600")))

    def again(self, backend: Backend) -> Backend:
        installation = self.installation
        return RayBackend(installation.links[1] if len(installation.links) > 1 else installation.link())

    def kill(self, backend: Backend, handle: str) -> None:
        os.kill(int((self.installation.hosts / handle / "agent.pid").read_text()), signal.SIGKILL)
