from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.profiles import a_window, constant, evaluated, system

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.profiler.gpu_memory_increase import GPUMemoryIncrease


def test_memory_that_jumps_is_found() -> None:
    memory = np.concatenate([constant(20, 1195), constant(60, 5)])

    (finding,), _ = evaluated(GPUMemoryIncrease(), a_window(system(gpu_memory=[memory])))

    assert finding.tensor == "algo-1/gpu0"
    assert finding.value == pytest.approx(np.mean(memory[-10:]) - np.mean(memory[-11:-2]))


def test_steady_memory_is_silent() -> None:
    assert evaluated(GPUMemoryIncrease(), a_window(system(gpu_memory=[constant(60)])))[0] == []


def test_growth_before_patience_is_over_does_not_count() -> None:
    memory = np.linspace(0, 100, 900)

    assert evaluated(GPUMemoryIncrease(increase=0), a_window(system(gpu_memory=[memory])))[0] == []


def test_it_fires_on_any_growth_with_an_increase_of_zero() -> None:
    rule = build_rule(GPUMemoryIncrease, {"increase": "0", "window": "10"})

    assert evaluated(rule, a_window(system(gpu_memory=[np.linspace(10, 12, 1200)])))[0] != []


def test_a_window_of_one_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'window' is 1; give 2 or more"):
        build_rule(GPUMemoryIncrease, {"window": "1"})
