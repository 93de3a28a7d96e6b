from __future__ import annotations

import math

import numpy as np
import pytest
from tests.debugger.rules.profiles import a_window, constant, evaluated, system

from clary.debugger.rules.profiler.load_balancing import LoadBalancing, jensen_shannon_distance


def test_a_gpu_that_works_beside_one_that_waits_is_found() -> None:
    found, report = evaluated(LoadBalancing(), a_window(system(gpu=[constant(95), constant(5)])))

    assert [(finding.tensor, round(finding.value, 3)) for finding in found] == [("algo-1/gpu0", 0.833)]
    assert report.triggered == 1


def test_gpus_of_two_nodes_are_compared_too() -> None:
    events = system(gpu=[constant(95)]) + system("algo-2", gpu=[constant(5)])

    (finding,), _ = evaluated(LoadBalancing(), a_window(events))

    assert "algo-2/gpu0" in finding.message


def test_gpus_with_the_same_load_are_silent() -> None:
    load = np.random.default_rng(0).uniform(60, 90, 1200)

    assert evaluated(LoadBalancing(), a_window(system(gpu=[load, load[::-1]])))[0] == []


def test_it_fires_on_any_difference_with_a_threshold_of_zero() -> None:
    load = np.random.default_rng(0).uniform(60, 90, (2, 1200))

    assert evaluated(LoadBalancing(threshold=0), a_window(system(gpu=list(load))))[0] != []


def test_the_distance_goes_from_zero_to_the_root_of_ln_2() -> None:
    one, other = np.array([1.0, 0.0]), np.array([0.0, 1.0])

    assert jensen_shannon_distance(one, one) == 0
    assert jensen_shannon_distance(one, other) == pytest.approx(math.sqrt(math.log(2)))
