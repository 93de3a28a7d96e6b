"""Metric lines."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from clary.debugger.tensors import Mode
from clary.debugger.tensors.metric_lines import DIRECTORY, MetricLines


def test_a_metric_is_a_line_with_the_mode_in_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DIRECTORY, str(tmp_path))
    lines = MetricLines()

    assert lines.log("loss", 0.5, Mode.TRAIN, 7, at=1.6e9)
    assert lines.log("loss", 0.25, Mode.EVAL, 8, at=1.6e9)

    written = (tmp_path / f"{os.getpid()}.json").read_text().splitlines()
    assert list(map(json.loads, written)) == [
        {"MetricName": "loss_TRAIN", "Value": 0.5, "Timestamp": 1.6e9, "IterationNumber": 7},
        {"MetricName": "loss_EVAL", "Value": 0.25, "Timestamp": 1.6e9, "IterationNumber": 8},
    ]


def test_what_is_no_number_is_left_out(tmp_path: Path) -> None:
    lines = MetricLines(str(tmp_path))

    assert not lines.log("loss", float("nan"), Mode.TRAIN, 1)
    assert not lines.log("loss", float("inf"), Mode.TRAIN, 1)
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DIRECTORY, raising=False)

    assert not MetricLines().log("loss", 1.0, Mode.TRAIN, 1)
