from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.profiles import START_S, a_window, constant, evaluated, system

from clary.debugger.rules.profile import SystemEvent
from clary.debugger.rules.profiler.cpu_bottleneck import CPUBottleneck
from clary.debugger.rules.profiler.io_bottleneck import IOBottleneck

MOSTLY_WAITING = np.tile([5.0, 5.0, 5.0, 90.0], 300)


def test_a_gpu_that_waits_for_a_busy_core_most_of_the_time_is_found() -> None:
    events = system(cpu=[constant(10), constant(99)], gpu=[constant(80), MOSTLY_WAITING])

    (finding,), report = evaluated(CPUBottleneck(), a_window(events))

    assert (finding.tensor, finding.value, finding.threshold) == ("algo-1", 75.0, 50.0)
    assert (report.triggered, report.violations, report.datapoints) == (1, 900, 1200)


@pytest.mark.parametrize(("cpu", "gpu"), [(80, 5), (99, 50)])
def test_without_a_busy_core_or_an_idle_gpu_there_is_no_bottleneck(cpu: float, gpu: float) -> None:
    assert evaluated(CPUBottleneck(), a_window(system(cpu=[constant(cpu)], gpu=[constant(gpu)])))[0] == []


def test_waiting_for_input_is_a_bottleneck_of_its_own() -> None:
    events = system(io=[constant(70)], gpu=[constant(5)])

    (finding,), _ = evaluated(IOBottleneck(), a_window(events))

    assert (finding.value, finding.threshold) == (100.0, 50.0)
    assert evaluated(CPUBottleneck(), a_window(events))[0] == []


def test_patience_is_counted_in_snapshots_over_all_windows() -> None:
    first = system(cpu=[constant(99, 600)], gpu=[constant(5, 600)])
    later = [event._replace(time_s=event.time_s + 600) for event in first]

    found, report = evaluated(CPUBottleneck(), a_window(first), a_window(later, number=1))

    assert [finding.step for finding in found] == [1]
    assert report.datapoints == 1200


def test_events_within_20_ms_are_one_snapshot() -> None:
    events = [
        SystemEvent("algo-1", dimension, name, START_S + i + offset, value)
        for i in range(1200)
        for dimension, name, offset, value in (
            ("CPUUtilization", "cpu0", 0.0, 99.0),
            ("GPUUtilization", "gpu0", 0.015, 5.0),
        )
    ]

    assert evaluated(CPUBottleneck(), a_window(events))[1].datapoints == 1200


def test_a_machine_without_a_gpu_has_no_bottleneck_for_one() -> None:
    found, report = evaluated(CPUBottleneck(), a_window(system(cpu=[constant(99)])))

    assert (found, report.datapoints) == ([], 0)


def test_they_fire_on_any_trace_with_the_widest_thresholds() -> None:
    events = system(cpu=[constant(30)], io=[constant(0)], gpu=[constant(60)])

    assert evaluated(CPUBottleneck(gpu_threshold=100, cpu_threshold=0), a_window(events))[0] != []
    assert evaluated(IOBottleneck(gpu_threshold=100, io_threshold=-1), a_window(events))[0] != []
