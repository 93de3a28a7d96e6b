"""Which captured losses become metrics of the job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clary.debugger.capture.job_metrics import TrainingMetrics
from clary.debugger.tensors import Mode

TRAIN, EVAL = Mode.TRAIN, Mode.EVAL


class Sent:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.metrics = TrainingMetrics()

    def close(self, **steps: int) -> list[tuple[str, int, float]]:
        self.metrics.close({**dict.fromkeys(Mode, -1), **{Mode[name]: step for name, step in steps.items()}})
        lines = [line for path in self._folder.glob("*.json") for line in path.read_text().splitlines()]
        points = map(json.loads, lines)
        return [(point["MetricName"], point["IterationNumber"], point["Value"]) for point in points]


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sent:
    monkeypatch.setenv("SAGEMAKER_METRICS_DIRECTORY", str(tmp_path))
    return Sent(tmp_path)


def test_a_single_first_value_is_not_sent(sent: Sent) -> None:
    sent.metrics.add("loss", 9.0, TRAIN, 0)

    assert sent.close(TRAIN=300) == []


def test_the_value_of_the_only_step_is_sent(sent: Sent) -> None:
    sent.metrics.add("loss", 9.0, TRAIN, 0)

    assert sent.close(TRAIN=0, EVAL=7) == [("loss_TRAIN", 0, 9.0)]


def test_a_second_value_sends_the_first_too(sent: Sent) -> None:
    sent.metrics.add("loss", 9.0, TRAIN, 0)
    sent.metrics.add("loss", 8.0, EVAL, 0)
    sent.metrics.add("loss", 5.0, TRAIN, 500)
    sent.metrics.add("loss", 4.0, TRAIN, 1000)

    assert sent.close(TRAIN=1200, EVAL=10) == [
        ("loss_TRAIN", 0, 9.0),
        ("loss_TRAIN", 500, 5.0),
        ("loss_TRAIN", 1000, 4.0),
    ]


def test_the_last_value_is_sent_where_it_is_known(sent: Sent) -> None:
    sent.metrics.add("loss", 9.0, TRAIN, 0)
    sent.metrics.add_last("loss", 3.0, TRAIN, 300)
    sent.metrics.add_last("loss", 3.0, TRAIN, 300)
    sent.metrics.add_last("other", 1.0, TRAIN, 300)

    assert sent.close(TRAIN=300) == [("loss_TRAIN", 0, 9.0), ("loss_TRAIN", 300, 3.0)]


def test_a_metric_of_the_script_is_sent_at_once(sent: Sent) -> None:
    sent.metrics.log("scalar/loss", 9.0, TRAIN, 0)

    assert sent.close(TRAIN=300) == [("scalar/loss_TRAIN", 0, 9.0)]
