from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, shell
from tests.host.standin import Standin

from clary.host.metrics import LineMetrics, TrackerFiles

Launch = Callable[..., RunningAgent]
LOSS = (("train:loss", "loss=([0-9.e+-]+)"),)


@pytest.mark.parametrize("fault", ["500", "drop", "lose"])
def test_points_of_log_lines_arrive_once_through_faults(launch: Launch, standin: Standin, fault: str) -> None:
    standin.fault = lambda name, count: fault if name == "PutHostMetrics" and count % 2 == 0 else None

    launch(
        **shell("for i in 1 2 3; do echo epoch $i loss=0.$i; sleep 0.3; done"), metric_definitions=LOSS
    ).wait()

    assert [(name, step, value) for name, _at, step, value in standin.points] == [
        ("train:loss", None, 0.1),
        ("train:loss", None, 0.2),
        ("train:loss", None, 0.3),
    ]


def test_the_first_group_is_the_number_and_words_are_no_points() -> None:
    metrics = LineMetrics((("acc", "acc: (.*?);"), ("n", "n=[0-9]+")))

    assert list(metrics.points("acc: 0.5; acc: none; n=3", 7.0)) == [("acc", 7.0, None, 0.5)]


def test_an_expression_that_is_none_is_the_users_to_mend(launch: Launch, standin: Standin) -> None:
    launch(**shell("true"), metric_definitions=(("bad", "("),)).wait()

    assert standin.reports[-1]["Outcome"] == "ClientError"
    assert "Regex" in standin.reports[-1]["Reason"]


def test_points_a_tracker_writes_in_its_last_moment_arrive(launch: Launch, standin: Standin) -> None:
    line = json.dumps({"MetricName": "loss", "Value": 0.25, "Timestamp": 1700000000.5, "IterationNumber": 3})

    launch(**shell(f"echo '{line}' > $SAGEMAKER_METRICS_DIRECTORY/42.json")).wait()

    assert standin.points == [["loss", 1700000000.5, 3, 0.25]]


def test_only_complete_lines_of_a_tracker_file_are_taken(tmp_path: Path) -> None:
    files = TrackerFiles(tmp_path, ".")
    path = tmp_path / "1.json"

    path.write_text('{"MetricName": "a", "Value": 1, "Timestamp": 5}\n{"MetricName": "b", "Va')
    first = files.new_points()
    with path.open("a") as file:
        file.write('lue": 2, "Timestamp": "2026-01-01T00:00:00+00:00"}\nnot json\n')
    second = files.new_points()

    assert first == [("a", 5.0, None, 1.0)]
    assert second == [("b", 1767225600.0, None, 2.0)]
    assert files.new_points() == []


def test_a_link_in_the_trackers_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text('{"MetricName": "secret", "Value": 1}\n')
    (tmp_path / "ml").mkdir()
    (tmp_path / "ml/1.json").symlink_to(tmp_path / "secret")

    assert TrackerFiles(tmp_path, "ml").new_points() == []


def test_a_bad_expression_raises() -> None:
    with pytest.raises(re.error):
        LineMetrics((("bad", "("),))
