from __future__ import annotations

import pytest
from tests.debugger.rules.profiles import START_S, a_window, constant, evaluated, system

from clary.debugger.rules.profile import FrameworkEvent
from clary.debugger.rules.profiler.dataloader import Dataloader


def loading(processes: int, seconds: int) -> list[FrameworkEvent]:
    return [
        FrameworkEvent(
            "0-algo-1",
            "DataLoaderIter",
            "DataLoaderWorkerIter",
            (START_S + second + 0.1) * 1e6,
            (START_S + second + 0.6) * 1e6,
            second,
            pid,
            args=(("num_workers", str(processes)),),
        )
        for second in range(seconds)
        for pid in range(processes)
    ]


FOUR_CORES = system(cpu=[constant(20, 10)] * 4)


@pytest.mark.parametrize(("processes", "limit"), [(1, 2.8), (9, 8.0)])
def test_too_few_and_too_many_processes_are_found(processes: int, limit: float) -> None:
    (finding,), report = evaluated(Dataloader(), a_window(FOUR_CORES, loading(processes, 12)))

    assert (finding.value, finding.threshold) == (processes, pytest.approx(limit))
    assert report.details["num_workers"] == str(processes)
    assert report.details["dataloading_time"]["p50"] == pytest.approx(0.5, abs=1e-3)


def test_a_process_for_each_core_is_silent() -> None:
    assert evaluated(Dataloader(), a_window(FOUR_CORES, loading(4, 12)))[0] == []


def test_ten_seconds_are_too_few_to_evaluate() -> None:
    assert evaluated(Dataloader(), a_window(FOUR_CORES, loading(1, 10)))[0] == []
