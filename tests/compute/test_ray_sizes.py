from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from clary.compute.backends.ray.capacity import MOST, WINDOW, ClusterCapacity
from clary.compute.backends.ray.sizes import asked_resources, fitted, in_the_way
from clary.compute.capacity import Size
from clary.compute.instances import instance_type

GIB = 2**30
SMALL, LARGE, GPU = Size(4, 16 * GIB), Size(16, 64 * GIB), Size(8, 32 * GIB, 2)


def test_what_fits_on_a_node_is_not_scaled() -> None:
    size = fitted(instance_type("ml.m5.4xlarge"), 1, [SMALL, LARGE])

    assert (size.cpus, size.memory_bytes, size.note) == (16, 64 * GIB, "")


def test_a_type_bigger_than_every_node_gets_the_largest_one_and_says_so() -> None:
    size = fitted(instance_type("ml.m5.24xlarge"), 1, [SMALL, LARGE])

    assert (size.cpus, size.memory_bytes) == (16, 64 * GIB)
    assert size.note == (
        "ml.m5.24xlarge is scaled down to the nodes of the cluster: "
        "16 of its 96 vCPUs, 64.0 of its 384 GiB of memory"
    )


def test_hosts_of_one_job_all_have_room_at_the_same_time() -> None:
    both = fitted(instance_type("ml.m5.4xlarge"), 2, [SMALL, LARGE])
    many = fitted(instance_type("ml.m5.4xlarge"), 4, [SMALL, SMALL])

    assert (both.cpus, both.memory_bytes) == (8, 32 * GIB), "both on the large one"
    assert (many.cpus, many.memory_bytes) == (2, 8 * GIB), "two on each node"


def test_more_hosts_than_cores_share_them() -> None:
    size = fitted(instance_type("ml.m5.large"), 4, [Size(2, 16 * GIB)])

    assert size.cpus == 1
    assert size.promised_cpus == 0.5
    assert size.memory_bytes == 4 * GIB


def test_a_type_with_gpus_prefers_the_nodes_that_have_some() -> None:
    size = fitted(instance_type("ml.p3.8xlarge"), 1, [LARGE, GPU])

    assert (size.gpus, size.memory_bytes) == (2, 32 * GIB)


def test_without_a_node_the_whole_type_waits_for_one() -> None:
    for nodes in ([], [Size(0, 16 * GIB)]):
        size = fitted(instance_type("ml.m5.xlarge"), 1, nodes)

        assert (size.cpus, size.memory_bytes, size.note) == (4, 16 * GIB, "")


def test_in_the_way_are_the_newest_that_yield_where_their_end_makes_room() -> None:
    nodes = {"a": SMALL, "b": SMALL}
    half = [Size(2, 8 * GIB)]
    held = [
        ("newest", True, ["a"], half),
        ("kept", False, ["a"], half),
        ("old", True, ["b"], half),
        ("oldest", True, ["b"], half),
    ]

    assert in_the_way(half, nodes, held) == ["newest"]
    assert in_the_way([SMALL], nodes, held) == ["newest", "old", "oldest"]
    assert in_the_way([SMALL] * 2, nodes, held) == [], "it would not help"
    assert in_the_way(half, nodes, held[1:]) == [], "there is room"


def test_an_instance_type_asks_for_the_resources_that_its_name_stands_for() -> None:
    patterns = [("ml.p4d.*", "a100", 1.0), ("ml.*", "team", 0.001), ("ml.p4d.24xlarge", "a100", 8.0)]

    assert asked_resources(patterns, "ml.p4d.24xlarge") == (("a100", 8.0), ("team", 0.001)), (
        "the last one counts"
    )
    assert asked_resources(patterns, "ml.m5.xlarge") == (("team", 0.001),)
    assert asked_resources([], "ml.m5.xlarge") == ()


class NodesOfACluster:
    """What a ``DriverLink`` says of nodes, and where it places hosts: on the first node that has room."""

    generation = 1
    trouble = ""
    no_node_for: Sequence[str] = ()
    on_change: Callable[[], None]

    def __init__(self, *nodes: dict[str, Any]) -> None:
        usual = {"Cpus": 4.0, "MemoryBytes": 16 * GIB, "Gpus": 0, "Resources": {}, "LeavesAt": None}
        self.nodes = [{"Address": f"10.0.0.{number}", **usual, **node} for number, node in enumerate(nodes)]

    def begin(self) -> None:
        """It runs."""

    async def ask(self, method: str, **arguments: Any) -> Any:
        if method == "reserve":
            places = zip(arguments["bundles"], self.nodes, strict=False)
            return [{"Address": node["Address"], "Interface": "", "Gpus": []} for _, node in places]
        return None


def test_hosts_that_ask_for_a_resource_are_sized_by_the_nodes_that_have_it() -> None:
    link: Any = NodesOfACluster({"Cpus": 64.0}, {"Resources": {"spot": 2.0}})
    capacity = ClusterCapacity(link, scales=False, resources=[("ml.c5.*", "spot", 1.0)])

    assert capacity.host_size(instance_type("ml.c5.4xlarge"), 1).promised_cpus == 4
    assert capacity.host_size(instance_type("ml.m5.4xlarge"), 1).promised_cpus == 16


def test_who_is_on_a_node_that_leaves_is_told() -> None:
    link: Any = NodesOfACluster({}, {"LeavesAt": 0.0})
    capacity = ClusterCapacity(link, scales=False)
    one, two = [Size(1, GIB)], [Size(1, GIB)] * 2

    async def scenario() -> set[tuple[str, str]]:
        told: set[tuple[str, str]] = set()
        came = asyncio.Event()

        def leaves(owner: str, why: str) -> None:
            told.add((owner, why))
            came.set()

        for owner, hosts in (("job/one", one), ("job/two", two)):
            assert capacity.ask(owner, hosts, since=1.0) is None
        while capacity.taken()[1] < 2:
            await asyncio.sleep(0)
        running = asyncio.create_task(capacity.run(lambda owner: None, leaves))
        async with asyncio.timeout(60):
            await came.wait()
        running.cancel()
        return told

    assert asyncio.run(scenario()) == {("job/two", "its node 10.0.0.1 is about to leave the cluster")}


class FullCluster(NodesOfACluster):
    """Nothing is placed. asked: the owners that wait for a place."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def ask(self, method: str, **arguments: Any) -> Any:
        if method == "reserve":
            self.asked.append(arguments["owner"])
            await asyncio.Event().wait()


def test_a_job_says_that_the_autoscaler_can_add_no_node_for_it() -> None:
    link: Any = FullCluster()
    capacity = ClusterCapacity(link, scales=True)

    async def scenario() -> list[str]:
        assert capacity.ask("job/one", [Size(96, 384 * GIB)], since=1.0) is None
        waits = [capacity.waits_for("job/one")]
        link.no_node_for = ["job/one"]
        return [*waits, capacity.waits_for("job/one")]

    room = "a node of the cluster with 96 vCPUs, 384.0 GiB of memory"
    assert asyncio.run(scenario()) == [room, f"{room}, and its autoscaler can add none now"]


def test_jobs_that_wait_for_impossible_nodes_do_not_hold_up_a_queue() -> None:
    link: Any = FullCluster()
    capacity = ClusterCapacity(link, scales=True)

    async def scenario() -> tuple[int, int, int]:
        for number in range(2 * MOST):
            assert capacity.ask(f"job/{number}", [Size(1, GIB)], since=float(number)) is None
        asked = []
        for impossible in (0, WINDOW, 10 * MOST):
            link.no_node_for = [f"job/{number}" for number in range(impossible)]
            capacity.ask("job/0", [Size(1, GIB)], since=0.0)
            await asyncio.sleep(0)
            asked.append(len(link.asked))
        return asked[0], asked[1], asked[2]

    assert asyncio.run(scenario()) == (WINDOW, 2 * WINDOW, MOST)
