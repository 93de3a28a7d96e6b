from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from clary.host.profile.lines import LineFormat
from clary.host.profile.minutes import Minutes
from clary.host.profile.readings import DeviceReading
from clary.host.profile.sampler import Sampler


class Counting:
    """Returns the time since the previous sample."""

    def read(self, elapsed_s: float) -> list[DeviceReading]:
        return [DeviceReading("cpu", "cpu0", "CPUUtilization", elapsed_s)]


class Failing:
    def __init__(self) -> None:
        self.asked = 0

    def read(self, elapsed_s: float) -> list[DeviceReading]:
        self.asked += 1
        raise ValueError("what the kernel says makes no sense")


def sampler(minutes: Minutes, *sources: Any, troubles: list[Exception] | None = None) -> Sampler:
    seen: list[Exception] = [] if troubles is None else troubles
    return Sampler(sources, LineFormat("algo-1"), minutes, interval_s=0.01, on_trouble=seen.append)


def lines(minutes: Minutes) -> list[dict[str, Any]]:
    return [json.loads(line) for news in minutes.news() for line in news.content.splitlines()]


def test_a_line_is_what_readers_of_the_profiler_expect() -> None:
    readings = [
        DeviceReading("cpu", "cpu0", "I/OWaitPercentage", 4.7649),
        DeviceReading("memory", "Mem", "", 50.0),
    ]

    assert LineFormat("algo-1").lines(readings, 1591160699.4570894) == (
        b'{"Type":"cpu","Name":"cpu0","Dimension":"I/OWaitPercentage","Value":4.76,'
        b'"NodeId":"algo-1","Timestamp":1591160699.457089}\n'
        b'{"Type":"memory","Name":"Mem","Dimension":"","Value":50.00,'
        b'"NodeId":"algo-1","Timestamp":1591160699.457089}\n'
    )


def test_a_clock_that_is_set_back_does_not_change_what_lies_between_two_looks() -> None:
    minutes = Minutes("algo-1")
    looking = sampler(minutes, Counting())
    looking.look(1000.0, 5.0)
    looking.look(1000.5, 5.5)
    looking.look(990.0, 6.25)

    assert [(line["Timestamp"], line["Value"]) for line in lines(minutes)] == [(1000.5, 0.5), (990.0, 0.75)]


def test_a_source_that_fails_is_left_out_and_the_others_go_on() -> None:
    minutes, failing, troubles = Minutes("algo-1"), Failing(), list[Exception]()
    looking = sampler(minutes, failing, Counting(), troubles=troubles)
    for at in range(3):
        looking.look(1000.0 + at, float(at))

    assert failing.asked == 1
    assert [str(error) for error in troubles] == ["what the kernel says makes no sense"]
    assert [line["Value"] for line in lines(minutes)] == [1.0, 1.0]


@pytest.mark.parametrize("times", [1, 2])
def test_nothing_comes_after_it_was_stopped(times: int) -> None:
    minutes = Minutes("algo-1")
    looking = sampler(minutes, Counting())
    looking.start()
    while not minutes.news():
        pass
    for _ in range(times):
        looking.stop()

    assert not [thread for thread in threading.enumerate() if thread.name == "profile"]
    assert lines(minutes)
