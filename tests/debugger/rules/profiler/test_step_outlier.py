from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.profiles import a_window, evaluated, steps

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.profiler.step_outlier import StepOutlier

USUAL = np.full(400, 0.1) + np.tile([0.0, 0.001], 200)


def with_slow(count: int) -> np.ndarray:
    durations = USUAL.copy()
    durations[10 : 10 + count] = 5.0
    return durations


def test_more_than_ten_slow_steps_are_found_with_their_numbers() -> None:
    (finding,), report = evaluated(StepOutlier(), a_window(framework=steps(with_slow(12))))

    assert (finding.tensor, finding.value, finding.threshold) == ("0-algo-1/Step:ModeKeys.TRAIN", 12.0, 10.0)
    details = report.details["step_details"]["0-algo-1"]["Step:ModeKeys.TRAIN"]
    assert details["step_numbers"] == list(range(10, 22))


def test_ten_slow_steps_are_tolerated() -> None:
    assert evaluated(StepOutlier(), a_window(framework=steps(with_slow(10))))[0] == []


def test_a_hundred_steps_are_too_few_to_evaluate() -> None:
    assert evaluated(StepOutlier(n_outliers=0), a_window(framework=steps(with_slow(2)[:100])))[0] == []


def test_only_steps_of_the_given_mode_are_evaluated() -> None:
    rule = build_rule(StepOutlier, {"mode": "EVAL"})

    assert evaluated(rule, a_window(framework=steps(with_slow(12))))[0] == []
    assert evaluated(rule, a_window(framework=steps(with_slow(12), kind="EVAL")))[0] != []


def test_steps_that_all_take_the_same_time_have_no_outliers() -> None:
    assert evaluated(StepOutlier(), a_window(framework=steps([0.125] * 200)))[0] == []


def test_it_fires_on_any_trace_with_one_deviation_and_no_tolerated_outliers() -> None:
    durations = np.random.default_rng(0).uniform(0.1, 0.2, 150)

    assert evaluated(StepOutlier(stddev=1, n_outliers=0), a_window(framework=steps(durations)))[0] != []


def test_a_number_of_outliers_that_is_no_number_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'n_outliers' is 'few'; give a number"):
        build_rule(StepOutlier, {"n_outliers": "few"})
