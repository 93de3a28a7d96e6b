from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.profiles import START_S, a_window, evaluated, steps, system

from clary.debugger.rules.profile import Profile
from clary.debugger.rules.profiler.step_outlier import StepOutlier, StepReport
from clary.debugger.rules.step_facts import over_steps, period, slow_steps, time_shares


@pytest.mark.parametrize(
    ("numbers", "every"),
    [
        ([99, 199, 299, 399], 100),
        ([99, 199, 399, 499, 512, 599, 699], 100),
        ([3, 4, 5, 6], None),
        ([7, 90, 93, 240, 243], None),
        ([0, 20, 40], None),
        ([], None),
    ],
)
def test_the_period_is_the_distance_of_most_numbers(numbers: list[int], every: int | None) -> None:
    assert period(numbers) == every


def test_the_cost_of_slow_steps_is_their_time_beyond_the_median() -> None:
    durations = [1.0 if step % 10 == 9 else 0.1 for step in range(200)]
    _, report = evaluated(StepOutlier(stddev=2.0), a_window(framework=steps(durations)))
    assert isinstance(report, StepReport)

    (slow,) = slow_steps(report)

    assert (slow.node, slow.kind, slow.every) == ("0-algo-1", "training", 10)
    assert slow.numbers == tuple(range(9, 200, 10))
    assert slow.lost_s == pytest.approx(18.0)
    assert slow.share == pytest.approx(18.0 / 38.0)


def test_the_time_is_divided_into_steps_before_and_between() -> None:
    events = [*steps([1.0] * 5), *steps([0.5] * 2, "EVAL")]
    profile, rule = Profile(), StepOutlier()
    report = rule.report()
    window = a_window(system(cpu=[[50.0]]), events, start_s=START_S - 2.0, length_s=10.0)
    profile.add(window)
    list(rule.check(profile, report))

    assert time_shares(profile, report, START_S * 1e6) == {
        "0-algo-1": {
            "before the first step": pytest.approx(2.0),
            "training steps": pytest.approx(5.0),
            "validation steps": pytest.approx(1.0),
            "between steps and at the end": pytest.approx(2.0),
        }
    }
    assert time_shares(profile, report, None) == {}


def test_a_curve_keeps_every_outlier() -> None:
    durations = np.full(10_000, 0.1)
    durations[7_123] = 5.0

    at, median, longest = over_steps(np.arange(10_000.0), durations)

    assert len(at) == len(median) == len(longest) <= 240
    assert max(longest) == 5.0
    assert set(median) == {0.1}
