from __future__ import annotations

from clary.compute.backends.ray.sizes import fitted, in_the_way
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
