from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.host.profile.proc import Proc

from clary.host.profile.machine import Machine


@pytest.fixture
def machine(proc: Proc) -> Iterator[Machine]:
    machine = Machine(str(proc), cores=range(8))
    yield machine
    machine.close()


def values(machine: Machine, dimension: str, elapsed_s: float = 0.5) -> dict[str, float]:
    return {
        reading.name: reading.value for reading in machine.read(elapsed_s) if reading.dimension == dimension
    }


def test_a_core_is_busy_for_the_time_in_which_it_neither_idles_nor_waits(
    proc: Proc, machine: Machine
) -> None:
    proc.stat(cpu0=(100, 100, 100), cpu1=(0, 0, 0))
    machine.read(0.0)
    proc.stat(cpu0=(125, 115, 110), cpu1=(0, 50, 0))

    readings = machine.read(0.5)

    assert [tuple(reading) for reading in readings if reading.type == "cpu"] == [
        ("cpu", "cpu0", "CPUUtilization", 50.0),
        ("cpu", "cpu0", "I/OWaitPercentage", 20.0),
        ("cpu", "cpu1", "CPUUtilization", 0.0),
        ("cpu", "cpu1", "I/OWaitPercentage", 0.0),
    ]


def test_the_first_look_knows_of_memory_alone(proc: Proc, machine: Machine) -> None:
    proc.stat(cpu0=(1, 1, 1))
    proc.network(lo=(1, 1))

    assert [tuple(reading) for reading in machine.read(0.0)] == [("memory", "MemoryUsedPercent", "", 60.0)]


def test_a_core_that_vanishes_has_no_reading_until_it_is_there_twice(proc: Proc, machine: Machine) -> None:
    proc.stat(cpu0=(0, 0, 0), cpu1=(0, 0, 0))
    machine.read(0.0)
    proc.stat(cpu0=(50, 0, 0))
    assert values(machine, "CPUUtilization") == {"cpu0": 100.0}
    proc.stat(cpu0=(100, 0, 0), cpu1=(500, 0, 0))
    assert values(machine, "CPUUtilization") == {"cpu0": 100.0}
    proc.stat(cpu0=(150, 0, 0), cpu1=(525, 25, 0))
    assert values(machine, "CPUUtilization") == {"cpu0": 100.0, "cpu1": 50.0}


def test_counters_that_start_anew_have_no_reading_and_go_on_from_there(proc: Proc, machine: Machine) -> None:
    proc.stat(cpu0=(9000, 9000, 9000))
    machine.read(0.0)
    proc.stat(cpu0=(5, 5, 0))
    assert values(machine, "CPUUtilization") == {}
    proc.stat(cpu0=(5, 15, 0))
    assert values(machine, "CPUUtilization") == {"cpu0": 0.0}


def test_io_wait_that_goes_back_is_none(proc: Proc, machine: Machine) -> None:
    proc.stat(cpu0=(0, 0, 30))
    machine.read(0.0)
    proc.stat(cpu0=(10, 40, 20))

    assert values(machine, "I/OWaitPercentage") == {"cpu0": 0.0}


def test_cores_that_the_agent_may_not_use_are_left_out(proc: Proc) -> None:
    proc.stat(cpu0=(0, 0, 0), cpu1=(0, 0, 0))
    machine = Machine(str(proc), cores={1})
    machine.read(0.0)
    proc.stat(cpu0=(9, 0, 0), cpu1=(9, 0, 0))

    assert values(machine, "CPUUtilization") == {"cpu1": 100.0}
    machine.close()


def test_traffic_is_bytes_a_second_over_all_interfaces(proc: Proc, machine: Machine) -> None:
    proc.network(lo=(1000, 1000), eth0=(0, 0), veth1=(0, 0))
    machine.read(0.0)
    proc.network(lo=(1500, 1500), eth0=(300, 100), veth1=(300, 100))

    assert values(machine, "Algorithm") == {"ReceiveBytesPerSecond": 1600.0, "TransmitBytesPerSecond": 1200.0}


def test_a_traffic_counter_that_wraps_is_left_out_of_the_sum(proc: Proc, machine: Machine) -> None:
    proc.network(lo=(1000, 1000), eth0=((1 << 32) - 10, 0))
    machine.read(0.0)
    proc.network(lo=(1100, 1100), eth0=(90, 0), wlan0=(7_000, 7_000))

    assert values(machine, "Algorithm", elapsed_s=1.0)["ReceiveBytesPerSecond"] == 100.0


def test_a_system_without_proc_has_no_readings() -> None:
    machine = Machine("/nowhere", cores={0})
    assert machine.read(0.0) == machine.read(0.5) == []


def test_this_machine_can_be_read() -> None:
    machine = Machine()
    machine.read(0.0)
    # Until the clock of the kernel has moved on.
    while not (readings := [each for each in machine.read(0.01) if each.dimension == "CPUUtilization"]):
        pass
    assert all(0.0 <= reading.value <= 100.0 for reading in readings)
    machine.close()
