from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.compute.test_process_backend import end_all, spec, url
from tests.engine import TestEngine, missing, running_engine

from clary.compute.backend import LOST, Backend
from clary.compute.backends.container import ContainerBackend
from clary.compute.contract import BackendContract, until_over
from clary.compute.engine_images import EngineImages
from clary.domain.hosts import HostSpec, TrainingSpec
from clary.host.container.leftovers import NOTE
from clary.host.container.orders import HOST_LABEL

__all__ = ["spec", "url"]

pytestmark = pytest.mark.skipif(missing() != "", reason=missing())


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    with running_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


async def running(engine: TestEngine, count: int = 1) -> list[str]:
    """Waits until containers run; returns their ids."""
    async with asyncio.timeout(120):
        while True:
            found = engine.api.containers(HOST_LABEL)
            if [each["State"] for each in found] == ["running"] * count:
                return [each["Id"] for each in found]
            await asyncio.sleep(0.02)


class TestContainerBackend(BackendContract):
    @pytest.fixture
    def backend(self, tmp_path: Path, engine: TestEngine) -> Iterator[ContainerBackend]:
        backend = ContainerBackend(tmp_path / "hosts")
        backend.root.mkdir()
        yield backend
        asyncio.run(end_all(backend))
        backend.close()
        # Whatever a test has done to its hosts, nothing is left of them.
        assert engine.left() == []

    @pytest.fixture
    def spec(self, spec: HostSpec, engine: TestEngine) -> HostSpec:
        environment = EngineImages({"DOCKER_HOST": engine.address}).find(engine.image)
        assert environment is not None
        return dataclasses.replace(
            spec, environment=environment, workload=TrainingSpec(entrypoint=("/bin/true",))
        )

    @pytest.fixture
    def endless(self, spec: HostSpec) -> HostSpec:
        return dataclasses.replace(spec, workload=TrainingSpec(entrypoint=("/bin/sleep", "600")))

    def again(self, backend: Backend) -> Backend:
        assert isinstance(backend, ContainerBackend)
        return ContainerBackend(backend.root)

    def kill(self, backend: Backend, handle: str) -> None:
        assert isinstance(backend, ContainerBackend)
        os.kill(int((backend.root / handle / "agent.pid").read_text()), signal.SIGKILL)

    def test_a_container_whose_agent_was_killed_is_found_and_removed(
        self, backend: ContainerBackend, endless: HostSpec, engine: TestEngine
    ) -> None:
        async def scenario() -> tuple[list[str], int]:
            handle = await backend.launch("job-0-algo-1", endless)
            await running(engine)
            self.kill(backend, handle)
            before = engine.left()
            return before, await until_over(self.again(backend), handle)

        before, code = asyncio.run(scenario())

        assert len(before) == 2  # a container and its network
        assert code == LOST
        assert engine.left() == []

    def test_what_is_left_while_the_engine_is_away_is_removed_when_it_is_back(
        self, backend: ContainerBackend, endless: HostSpec, engine: TestEngine
    ) -> None:
        async def scenario() -> tuple[int, bool]:
            handle = await backend.launch("job-0-algo-1", endless)
            await running(engine)
            note = backend.root / handle / NOTE
            said = note.read_text()
            note.write_text(said.replace(engine.address, "unix:///nothing.sock"))
            self.kill(backend, handle)
            code = await until_over(backend, handle)
            await backend.forget(handle)
            stays = note.exists()
            note.write_text(said)
            # Nobody asks again.
            async with asyncio.timeout(60):
                while note.parent.exists():
                    await asyncio.sleep(0.05)
            return code, stays

        assert asyncio.run(scenario()) == (LOST, True)
        assert list(backend.root.iterdir()) == []

    def test_containers_of_hosts_without_a_folder_are_removed_at_the_next_start(
        self,
        backend: ContainerBackend,
        endless: HostSpec,
        engine: TestEngine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("DOCKER_HOST", engine.address)

        async def scenario() -> None:
            handle = await backend.launch("job-0-algo-1", endless)
            await running(engine)
            self.kill(backend, handle)
            (backend.root / handle).rename(backend.root.parent / "elsewhere")
            assert await self.again(backend).handles() == []

        asyncio.run(scenario())

        assert [name for name in engine.left() if name.startswith("/")] == []
        for network in engine.left():
            engine.api.remove_network(network)
