from __future__ import annotations

import numpy as np
from tests.debugger.rules.profiles import a_window, constant, evaluated, system

from clary.debugger.rules import build_rule
from clary.debugger.rules.profiler.low_gpu_utilization import LowGPUUtilization


def test_a_gpu_that_is_never_busy_is_underutilized() -> None:
    (finding,), report = evaluated(LowGPUUtilization(), a_window(system(gpu=[constant(30)])))

    assert (finding.value, finding.threshold) == (30.0, 70.0)
    assert report.details["algo-1"]["gpu0"]["gpu_95"] == 30.0


def test_a_gpu_that_is_busy_part_of_the_time_fluctuates() -> None:
    (finding,), _ = evaluated(LowGPUUtilization(), a_window(system(gpu=[np.tile([0.0, 100.0], 600)])))

    assert (finding.value, finding.threshold) == (0.0, 10.0)
    assert "fluctuates" in finding.message


def test_a_gpu_that_is_never_used_has_its_own_message() -> None:
    (finding,), _ = evaluated(LowGPUUtilization(), a_window(system(gpu=[constant(0)])))

    assert finding.message == "it is not used at all"


def test_a_busy_gpu_is_silent() -> None:
    assert evaluated(LowGPUUtilization(), a_window(system(gpu=[constant(92)])))[0] == []


def test_only_the_last_window_counts() -> None:
    late = np.concatenate([constant(0, 700), constant(92, 500)])

    assert evaluated(LowGPUUtilization(), a_window(system(gpu=[late])))[0] == []


def test_it_fires_on_any_trace_with_both_thresholds_at_100() -> None:
    rule = build_rule(LowGPUUtilization, {"threshold_p95": "100", "threshold_p5": "100"})

    assert evaluated(rule, a_window(system(gpu=[constant(92)])))[0] != []
    assert (
        evaluated(
            LowGPUUtilization(threshold_p95=0, threshold_p5=0, patience=0),
            a_window(system(gpu=[constant(92)])),
        )[0]
        == []
    )
