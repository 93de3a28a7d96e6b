from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clary.host.telemetry.tracker_files import MAX_SENTENCES, READ_BYTES, TrackerFiles

GOOD = {"MetricName": "good", "Value": 1, "Timestamp": 5}


class Tracker:
    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self.path = folder / "1.json"
        self.files = TrackerFiles(folder, ".", self.said.append)

    def read(self, *lines: str) -> list[Any]:
        with self.path.open("a") as file:
            file.write("".join(line + "\n" for line in lines))
        return self.files.new_points()


@pytest.fixture
def tracker(tmp_path: Path) -> Tracker:
    return Tracker(tmp_path)


def test_only_complete_lines_are_taken(tracker: Tracker) -> None:
    tracker.path.write_text('{"MetricName": "a", "Value": 1, "Timestamp": 5}\n{"MetricName": "b", "Va')
    first = tracker.files.new_points()
    second = tracker.read('lue": 2, "Timestamp": "2026-01-01T00:00:00+00:00"}', "not json")

    assert first == [("a", 5.0, None, 1.0)]
    assert second == [("b", 1767225600.0, None, 2.0)]
    assert tracker.files.new_points() == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text('{"MetricName": "secret", "Value": 1}\n')
    (tmp_path / "ml").mkdir()
    (tmp_path / "ml/1.json").symlink_to(tmp_path / "secret")

    assert TrackerFiles(tmp_path, "ml", print).new_points() == []


@pytest.mark.parametrize(
    ("member", "value", "told"),
    [
        ("IterationNumber", float("inf"), "its step inf"),
        ("IterationNumber", 1e30, "its step 1000000000000000019884624838656"),
        ("IterationNumber", 2**31, "its step 2147483648"),
        ("IterationNumber", -1, "its step -1"),
        ("IterationNumber", 1.5, "its step 1.5"),
        ("IterationNumber", [1], "its step"),
        ("Timestamp", 1e300, "its time 1e+300"),
        ("Timestamp", float("nan"), "its time nan"),
        ("Timestamp", {}, "its time"),
        ("Timestamp", "yesterday", "yesterday"),
        ("Value", float("nan"), "its value nan"),
        ("Value", 10**400, "its value"),
        ("Value", None, "its value None"),
        ("Value", "high", "high"),
        ("MetricName", "x" * 256, "its name"),
        ("MetricName", "", "its name"),
        ("MetricName", ["a"], "its name"),
        ("MetricName", "\ud800", "its name"),
    ],
)
def test_a_bad_point_is_told_and_takes_no_other_with_it(
    tracker: Tracker, member: str, value: Any, told: str
) -> None:
    points = tracker.read(json.dumps(GOOD), json.dumps({**GOOD, member: value}), json.dumps(GOOD))

    assert points == [("good", 5, None, 1.0)] * 2
    assert len(tracker.said) == 1
    assert told in tracker.said[0]


def test_whole_numbers_of_any_type_are_steps_and_texts_are_values(tracker: Tracker) -> None:
    (point,) = tracker.read(json.dumps({**GOOD, "IterationNumber": 3.0, "Value": "0.5"}))

    assert point == ("good", 5, 3, 0.5)


@pytest.mark.parametrize("line", ["[" * 100_000, "1" * 10_000, "{}", "[]", "\x00", '{"a": 1}'])
def test_a_line_that_is_no_point_does_no_harm(tracker: Tracker, line: str) -> None:
    assert tracker.read(line, json.dumps(GOOD)) == [("good", 5, None, 1.0)]


def test_sentences_are_few(tracker: Tracker) -> None:
    tracker.read(*[json.dumps({**GOOD, "Value": "x"})] * 100)

    assert len(tracker.said) == MAX_SENTENCES


def test_a_line_without_an_end_is_passed_over(tracker: Tracker) -> None:
    tracker.path.write_text("x" * READ_BYTES)

    assert tracker.files.new_points() == []
    assert tracker.read("", json.dumps(GOOD)) == [("good", 5, None, 1.0)]
    assert "longer than" in tracker.said[0]
