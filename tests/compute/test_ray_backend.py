from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from tests.compute.test_process_backend import spec, url
from tests.ray_node import RayNode, missing, ray_node

from clary.compute.backend import Backend, BackendAway
from clary.compute.backends.ray.backend import RayBackend
from clary.compute.backends.ray.capacity import ClusterCapacity
from clary.compute.backends.ray.link import DriverLink
from clary.compute.backends.ray.messages import DriverSettings
from clary.compute.capacity import Size
from clary.compute.contract import BackendContract, until_over
from clary.compute.instances import instance_type
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
        return next(self.folder.glob("tests-*/*/hosts"))

    def link(self) -> DriverLink:
        settings = DriverSettings(self.address, f"tests-{self.folder.name}", str(self.folder))
        self.links.append(DriverLink(self.node.python, settings, self.folder / "driver.log"))
        connect(self.links[-1])
        return self.links[-1]


def connect(link: DriverLink, known: int = 0) -> None:
    """Waits for another driver than those that are known. Ray's client server may refuse one, after 30 s."""
    until = time.monotonic() + 300
    while link.generation == known:
        assert time.monotonic() < until, link.trouble
        with contextlib.suppress(BackendAway):
            link.begin()
        time.sleep(0.02)


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


def agent_pid(installation: Installation, handle: str) -> int:
    return int((installation.hosts / handle / "agent.pid").read_text())


def test_hosts_outlive_the_driver_the_keeper_and_the_head(
    node: RayNode, spec: HostSpec, tmp_path: Path
) -> None:
    """Each is killed and started again, and nobody but the server's link notices."""
    installation = Installation(node, tmp_path, node.address)
    link = installation.link()
    backend = RayBackend(link)
    endless = dataclasses.replace(spec, workload=TrainingSpec(entrypoint=("/bin/sleep", "600")))

    async def scenario() -> list[object]:
        handle = await backend.launch("job-0-algo-1", endless)
        pid = agent_pid(installation, handle)
        seen: list[object] = []

        # The driver: the next question starts another one.
        assert link._process is not None
        link._process._process.kill()
        seen.append(await backend.handles())
        seen.append((await backend.launch("job-0-algo-1", endless), agent_pid(installation, handle) == pid))

        # The keeper: Ray starts it again, and it finds its hosts by their locks.
        for worker in keepers_of(node):
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        seen.append(await backend.poll(handle))
        seen.append(await backend.handles())

        # The head, with all that it knew.
        known = link.generation
        node.kill()
        seen.append(await backend.poll(handle))
        node.start()
        await asyncio.to_thread(connect, link, known)
        seen.append(await backend.handles())
        seen.append(await backend.poll(handle))
        seen.append(agent_pid(installation, handle) == pid)
        await backend.stop(handle)
        seen.append(await until_over(backend, handle))
        await backend.forget(handle)
        return seen

    try:
        assert asyncio.run(scenario()) == [
            ["job-0-algo-1"],
            ("job-0-algo-1", True),
            None,
            ["job-0-algo-1"],
            None,
            ["job-0-algo-1"],
            None,
            True,
            0,
        ]
    finally:
        link.close()


async def placed(capacity: ClusterCapacity, owner: str, hosts: list[Size]) -> list[str]:
    async with asyncio.timeout(120):
        while (found := capacity.ask(owner, hosts, since=1.0)) is None:
            await asyncio.sleep(0.01)
    return [place.address for place in found]


def test_clusters_wait_for_room_and_a_new_server_or_driver_holds_what_runs(
    node: RayNode, tmp_path: Path
) -> None:
    installation = Installation(node, tmp_path, node.address)
    whole, half = Size(4, 2 << 30), Size(2, 1 << 30)

    async def first_server(capacity: ClusterCapacity, woken: list[str]) -> None:
        assert capacity.ask("training-job/two", [half, half], since=1.0) is None
        addresses = await placed(capacity, "training-job/two", [half, half])
        assert capacity.ask("training-job/large", [whole], since=2.0) is None

        assert addresses[0] == addresses[1] == capacity._link.nodes[0]["Address"]
        assert set(woken) == {"training-job/two"}
        assert capacity.waiting() == ["training-job/large"]
        assert capacity.waits_for("training-job/large") == (
            "a node of the cluster with 4 vCPUs, 2.0 GiB of memory"
        )
        assert capacity.taken() == (Size(4, 2 << 30), 1, 1)

    async def second_server(capacity: ClusterCapacity, woken: list[str]) -> None:
        # Before the cluster has answered.
        assert capacity.ask("training-job/next", [whole], since=1.0) is None
        await placed(capacity, "training-job/two", [half, half])
        assert capacity.is_waiting("training-job/next")
        assert capacity.move("training-job/two", "pool/two")
        assert capacity.ask("pool/two", [half, half], since=1.0) is not None

        capacity.leave("pool/two")

        # Nobody has asked for the large one any more.
        await placed(capacity, "training-job/next", [whole])
        assert woken[-1] == "training-job/next"

        # What a killed driver has asked for, the next one has to find, or to ask for again.
        assert capacity.ask("training-job/last", [whole], since=1.0) is None
        link = capacity._link
        assert link._process is not None
        known = link.generation
        link._process._process.kill()
        await asyncio.to_thread(connect, link, known)
        capacity.leave("training-job/next")
        await placed(capacity, "training-job/last", [whole])

    async def serve(scenario: Callable[[ClusterCapacity, list[str]], Awaitable[None]], adopts: bool) -> None:
        capacity = ClusterCapacity(link := installation.link(), scales=False)
        if adopts:
            capacity.adopt("training-job/two", [half, half])
        woken: list[str] = []
        running = asyncio.create_task(capacity.run(woken.append, lambda owner, why: None))
        try:
            await scenario(capacity, woken)
        finally:
            running.cancel()
            await asyncio.to_thread(link.close)

    asyncio.run(serve(first_server, adopts=False))
    asyncio.run(serve(second_server, adopts=True))


def test_what_asks_in_the_cluster_may_be_killed(node: RayNode, spec: HostSpec, tmp_path: Path) -> None:
    """Through Ray Client, an actor asks the nodes. The next driver makes another one."""
    installation = Installation(node, tmp_path, node.client_address)
    link = installation.link()
    backend = RayBackend(link)
    endless = dataclasses.replace(spec, workload=TrainingSpec(entrypoint=("/bin/sleep", "600")))

    async def scenario() -> tuple[int | None, list[str]]:
        handle = await backend.launch("job-0-algo-1", endless)
        known = link.generation
        for worker in keepers_of(node):
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        poll = asyncio.create_task(backend.poll(handle))
        await asyncio.to_thread(connect, link, known)
        seen = await poll, await backend.handles()
        await end_all(backend, installation.hosts)
        return seen

    try:
        assert asyncio.run(scenario()) == (None, ["job-0-algo-1"])
    finally:
        link.close()


def keepers_of(node: RayNode) -> list[int]:
    """The processes of keepers, and of what asks them through Ray Client."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            below = path.with_name("stat").read_text().rpartition(")")[2].split()[1]
            raylet = Path(f"/proc/{below}/cmdline").read_bytes()
            if path.read_bytes().startswith(b"ray::Bootstrap") and str(node.folder).encode() in raylet:
                found.append(int(path.parent.name))
    return found


def test_gpus_of_a_node_are_divided_and_other_resources_asked_for(node: RayNode, tmp_path: Path) -> None:
    installation = Installation(node, tmp_path, node.address)
    asks = [("ml.p3.*", "spot", 1.0), ("ml.p3.16xlarge", "never", 1.0)]
    capacity = ClusterCapacity(link := installation.link(), scales=False, resources=asks)
    one = capacity.host_size(instance_type("ml.p3.2xlarge"), 1)
    hosts = [Size(0.5, 1 << 20, gpus, one.resources) for gpus in (1, 2)]  # beside what other tests have left

    async def scenario() -> tuple[list[tuple[str, ...]], str]:
        running = asyncio.create_task(capacity.run(lambda owner: None, lambda owner, why: None))
        async with asyncio.timeout(180):  # a worker of Ray starts to say which GPUs they are
            while (found := capacity.ask("training-job/two", hosts, since=1.0)) is None:
                await asyncio.sleep(0.01)
            # There are two of what each of them takes one of.
            assert capacity.ask("training-job/third", hosts[:1], since=2.0) is None
            waits = capacity.waits_for("training-job/third")
            capacity.leave("training-job/two")
            while capacity.ask("training-job/third", hosts[:1], since=2.0) is None:
                await asyncio.sleep(0.01)
            capacity.leave("training-job/third")
        running.cancel()
        return [place.gpu_ids for place in found], waits

    try:
        found, waits = asyncio.run(scenario())
    finally:
        link.close()
    assert sorted(map(len, found)) == [1, 2]
    assert len({gpu for ids in found for gpu in ids}) == 3
    assert waits.endswith("and 1 GPUs, that has spot")
    assert dict(one.resources) == {"spot": 1.0}
    # No node has that: the whole type waits for one.
    assert capacity.host_size(instance_type("ml.p3.16xlarge"), 1).gpus == 8
