from __future__ import annotations

from tests.debugger.rules.profiles import a_window, constant, evaluated, system

from clary.debugger.rules import build_rule
from clary.debugger.rules.profiler.batch_size import BatchSize


def test_it_fires_when_all_devices_have_low_utilization() -> None:
    events = system(cpu=[constant(20), constant(40)], gpu=[constant(30)], gpu_memory=[constant(10)])

    (finding,), report = evaluated(BatchSize(), a_window(events))

    assert (finding.tensor, finding.value, finding.threshold) == ("algo-1/gpu0", 30.0, 70.0)
    assert (report.triggered, report.datapoints) == (1, 1200)
    assert report.details["algo-1"]["cpu"]["p50"] == 30.0


def test_it_does_not_fire_when_one_device_is_busy() -> None:
    for busy in ("cpu", "gpu", "gpu_memory"):
        devices = {
            "cpu": [constant(20)],
            "gpu": [constant(30)],
            "gpu_memory": [constant(10)],
            busy: [constant(90)],
        }

        assert evaluated(BatchSize(), a_window(system(**devices)))[0] == []


def test_nothing_is_evaluated_before_there_are_enough_points() -> None:
    events = system(cpu=[constant(20, 1000)], gpu=[constant(30, 1000)], gpu_memory=[constant(10, 1000)])

    assert evaluated(BatchSize(), a_window(events))[0] == []
    assert evaluated(build_rule(BatchSize, {"patience": "100"}), a_window(events))[0] != []


def test_it_fires_on_any_trace_with_all_thresholds_at_100() -> None:
    events = system(cpu=[constant(90)], gpu=[constant(95)], gpu_memory=[constant(95)])

    assert evaluated(BatchSize(60_000_000, 100, 100, 100), a_window(events))[0] != []
