"""The two rules that never fire."""

from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.profiles import a_window, constant, evaluated, steps, system

from clary.debugger.rules.profile import FrameworkEvent
from clary.debugger.rules.profiler.overall_framework_metrics import OverallFrameworkMetrics
from clary.debugger.rules.profiler.overall_system_usage import OverallSystemUsage


def test_system_usage_is_summarized_for_each_node() -> None:
    events = system(cpu=[constant(20, 100), constant(40, 100)], gpu=[np.arange(100)])

    found, report = evaluated(OverallSystemUsage(), a_window(events))

    assert found == []
    assert report.details["CPU"]["algo-1"] == {
        "max": 30.0,
        "p99": 30.0,
        "p95": 30.0,
        "p50": 30.0,
        "min": 30.0,
    }
    assert report.details["GPU"]["algo-1"]["p50"] == 49.5
    assert "Network" not in report.details


def test_the_time_is_divided_between_the_activities_of_the_framework() -> None:
    def event(phase: str, name: str, duration_us: float) -> FrameworkEvent:
        return FrameworkEvent("0-algo-1", phase, name, 0.0, duration_us, 0, 1)

    events = [
        *steps([3.0]),
        *steps([1.0], kind="EVAL"),
        event("cpu_functions", "conv", 30.0),
        event("gpu_functions-dev:0", "gemm", 60.0),
        event("gpu_functions-dev:0", "tiny", 1.0),
        event("Forward-SubModuleInternal", "linear", 10.0),
        event("Backward-SubModuleInternal", "linear", 30.0),
        event("DataLoaderIter", "next", 5.0),
    ]

    found, report = evaluated(OverallFrameworkMetrics(), a_window(framework=events))

    assert found == []
    assert report.details["phase"] == {"Step:ModeKeys.TRAIN": 75.0, "Step:ModeKeys.EVAL": 25.0}
    assert report.details["forward_backward"] == {"Forward pass": 25.0, "Backward pass": 75.0}
    assert report.details["ratio"]["CPU"] == pytest.approx(100 * 30 / 91)
    assert list(report.details["GPU"]) == ["gemm"]
    assert report.details["general"] == {"DataLoaderIter": 100.0}
