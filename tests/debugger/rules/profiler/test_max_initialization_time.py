from __future__ import annotations

from tests.debugger.rules.profiles import START_S, a_window, evaluated, steps

from clary.debugger.rules.profiler.max_initialization_time import MaxInitializationTime


def minutes(number: int) -> float:
    return START_S + 60 * number


def test_no_step_for_longer_than_the_threshold_is_found() -> None:
    windows = [a_window(number=i, start_s=minutes(i)) for i in range(22)]

    found, _ = evaluated(MaxInitializationTime(), *windows)

    assert [finding.step for finding in found] == [20, 21]
    assert found[0].value == 21.0


def test_a_first_step_in_time_ends_it() -> None:
    windows = [
        a_window(framework=steps([1.0]) if i == 3 else (), number=i, start_s=minutes(i)) for i in range(30)
    ]

    found, report = evaluated(MaxInitializationTime(), *windows)

    assert found == []
    assert report.details["step_num"]["first"] == START_S * 1e6
