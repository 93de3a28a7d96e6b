from __future__ import annotations

from clary.compute.capacity import Size
from clary.compute.instances import instance_type
from clary.compute.machine_capacity import MachineCapacity, machine_size, scale

GIB = 2**30
MACHINE = Size(2, 24 * GIB)


def capacity() -> MachineCapacity:
    return MachineCapacity(MACHINE, cpu_overcommit=2.0)


def test_this_machine_has_something() -> None:
    size = machine_size()

    assert size.cpus >= 1
    assert size.memory_bytes > GIB


def test_clusters_start_in_the_order_they_asked() -> None:
    machine = capacity()
    whole = Size(2, 24 * GIB)

    assert machine.ask("first", [whole], since=1.0)
    assert not machine.ask("second", [whole], since=2.0)
    assert not machine.ask("third", [Size(1, GIB)], since=3.0)
    machine.leave("first")
    assert not machine.ask("third", [Size(1, GIB)], since=3.0)
    assert machine.next_waiting() == "second"
    assert machine.ask("second", [whole], since=2.0)


def test_cpu_is_shared_and_memory_is_not() -> None:
    machine = capacity()

    assert machine.ask("a", [Size(2, 10 * GIB)], since=1.0)
    assert machine.ask("b", [Size(2, 10 * GIB)], since=2.0)
    assert not machine.ask("c", [Size(0, 10 * GIB)], since=3.0)


def test_asking_twice_takes_once() -> None:
    machine = capacity()

    assert machine.ask("a", [Size(2, 20 * GIB)], since=1.0)
    assert machine.ask("a", [Size(2, 20 * GIB)], since=1.0)
    machine.leave("a")
    assert machine.ask("b", [Size(2, 20 * GIB)], since=2.0)


def test_what_leaves_the_queue_lets_the_next_one_through() -> None:
    machine = capacity()
    machine.adopt("old", [Size(4, 20 * GIB)])

    assert not machine.ask("big", [Size(2, 20 * GIB)], since=1.0)
    assert not machine.ask("small", [Size(0, GIB)], since=2.0)
    assert machine.ahead_of("small") == 1
    machine.leave("big")
    assert machine.ask("small", [Size(0, GIB)], since=2.0)


def test_a_bigger_instance_is_scaled_down_and_says_so() -> None:
    size = scale(instance_type("ml.p3.2xlarge"), 1, MACHINE)

    assert (size.cpus, size.memory_bytes, size.gpus) == (2, 24 * GIB, 0)
    assert size.note == (
        "ml.p3.2xlarge is scaled down to this machine: "
        "2 of its 8 vCPUs, 24.0 of its 61 GiB of memory, 0 of its 1 GPUs"
    )


def test_a_cluster_shares_the_machine_s_memory() -> None:
    assert scale(instance_type("ml.m5.xlarge"), 2, MACHINE).memory_bytes == 12 * GIB


def test_what_fits_is_not_scaled() -> None:
    assert scale(instance_type("ml.m5.large"), 1, MACHINE).note == ""


def test_places_are_those_of_the_time_they_asked() -> None:
    machine = capacity()
    machine.adopt("old", [Size(4, 24 * GIB)])
    for number in (3, 1, 2):
        assert not machine.ask(f"job-{number}", [Size(1, GIB)], since=float(number))

    assert machine.waiting() == ["job-1", "job-2", "job-3"]
    assert machine.waiting(1, 1) == ["job-2"]
    assert [machine.ahead_of(f"job-{number}") for number in (1, 2, 3)] == [0, 1, 2]
    machine.leave("job-2")
    machine.leave("job-2")
    assert machine.waiting() == ["job-1", "job-3"]
    assert not machine.is_waiting("job-2")


def test_what_yields_waits_behind_what_does_not() -> None:
    machine = capacity()
    machine.adopt("old", [Size(4, 20 * GIB)])

    assert not machine.ask("spot", [Size(1, 10 * GIB)], since=1.0, yields=True)
    assert not machine.ask("other", [Size(1, 10 * GIB)], since=2.0)

    assert machine.waiting() == ["other", "spot"]
    assert machine.ahead_of("spot") == 1


def test_in_the_way_are_the_newest_that_yield_and_no_more_than_needed() -> None:
    machine = capacity()
    machine.adopt("kept", [Size(1, 4 * GIB)])
    for name in ("one", "two", "three"):
        machine.adopt(name, [Size(1, 6 * GIB)], yields=True)

    assert not machine.ask("job", [Size(1, 12 * GIB)], since=1.0)

    assert machine.in_the_way("job") == ["three", "two"]


def test_nothing_is_in_the_way_when_its_end_would_not_help() -> None:
    machine = capacity()
    machine.adopt("kept", [Size(1, 20 * GIB)])
    machine.adopt("spot", [Size(1, 4 * GIB)], yields=True)

    assert not machine.ask("job", [Size(1, 12 * GIB)], since=1.0)
    assert not machine.ask("next", [Size(1, 4 * GIB)], since=2.0)

    assert machine.in_the_way("job") == []
    assert machine.in_the_way("next") == [], "another one waits before it"


def test_a_part_of_the_machine_changes_its_owner_and_is_not_free_in_between() -> None:
    machine = capacity()
    machine.adopt("job", [Size(2, 20 * GIB)])
    assert not machine.ask("next", [Size(1, 20 * GIB)], since=1.0)

    assert machine.move("job", "pool")

    assert not machine.ask("next", [Size(1, 20 * GIB)], since=1.0)
    assert not machine.move("job", "other")
    machine.leave("job")
    assert not machine.ask("next", [Size(1, 20 * GIB)], since=1.0)
    machine.leave("pool")
    assert machine.ask("next", [Size(1, 20 * GIB)], since=1.0)
