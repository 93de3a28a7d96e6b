"""Points from lines with any expressions; a slow one must not delay anything else."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.host.conftest import RunningAgent, shell, until
from tests.host.standin import Standin

from clary.host.telemetry.expression_reader import SLOW_TEXTS, Expressions
from clary.host.telemetry.line_metrics import MAX_TEXT_BYTES, LineMetrics
from clary.host.telemetry.spool import Spool

Launch = Callable[..., RunningAgent]
AWS_LIKE = ".*val_acc=(.*?);.*"
ENDLESS = "(a+)+b"
"""Takes 2^n steps for n times "a"."""


class Reading:
    def __init__(self, folder: Path) -> None:
        self.points: list[tuple[str, float, int | None, float]] = []
        self.said: list[str] = []
        self.spool = Spool(folder / "texts")

    def start(self, *definitions: tuple[str, str]) -> LineMetrics:
        return LineMetrics(definitions, self.spool, self.points.extend, self.said.append)

    @property
    def values(self) -> list[tuple[str, int | None, float]]:
        return [(name, step, value) for name, _at, step, value in self.points]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


def test_the_first_group_is_the_number_and_words_are_no_points(reading: Reading) -> None:
    metrics = reading.start(("acc", "acc: (.*?);"), ("n", "n=[0-9]+"))
    metrics.read([b"acc: 0.5; acc: none; n=3", b"acc: nan; acc: 1e-3;"])
    metrics.close()

    assert reading.values == [("acc", 0, 0.5), ("acc", 1, 0.001)]
    assert reading.said == []


def test_steps_count_the_points_of_each_metric(reading: Reading) -> None:
    metrics = reading.start(("a", "a=(.)"), ("b", "b=(.)"))
    metrics.read([b"a=1 b=5", b"a=2"])
    metrics.read([b"a=3 b=6"])
    metrics.close()

    assert reading.values == [("a", 0, 1), ("b", 0, 5), ("a", 1, 2), ("a", 2, 3), ("b", 1, 6)]


def test_an_endless_expression_is_told_and_given_up_and_the_others_go_on(reading: Reading) -> None:
    metrics = reading.start(("endless", ENDLESS), ("loss", "loss=(.*)"))
    metrics.read([b"a" * 60 + b" loss=%d" % number for number in range(SLOW_TEXTS + 5)])
    metrics.close(patience_s=60)

    assert [value for name, _, value in reading.values if name == "loss"] == list(range(SLOW_TEXTS + 5))
    assert [sentence for sentence in reading.said if "metric endless took too long" in sentence]
    assert len(reading.said) == 2
    assert "metric endless is not used any more" in reading.said[1]


def test_of_a_long_line_the_beginning_and_the_end_are_read(reading: Reading) -> None:
    metrics = reading.start(("acc", AWS_LIKE))
    metrics.read([b"val_acc=1; " + b"x" * 300_000 + b" val_acc=2;", b"x" * 300_000, b"val_acc=3;"])
    metrics.close(patience_s=60)

    assert reading.values == [("acc", 0, 1), ("acc", 1, 2), ("acc", 2, 3)]
    assert reading.said == []


def test_what_is_left_when_the_time_is_up_is_given_up_and_told(reading: Reading) -> None:
    metrics = reading.start(*((f"m{number}", ENDLESS) for number in range(40)))
    metrics.read([b"a" * 60] * SLOW_TEXTS)
    metrics.close(patience_s=0.2)

    assert any("metrics of the last lines were not read" in sentence for sentence in reading.said)


def test_a_reader_that_is_killed_is_started_again(reading: Reading) -> None:
    metrics = reading.start(("n", "n=(.)"))
    metrics.read([b"n=1"])
    until(lambda: len(reading.points) == 1)
    (child,) = _children(os.getpid())
    os.kill(child, signal.SIGKILL)
    metrics.read([b"n=2"])
    until(lambda: reading.spool.size_bytes == 0)
    metrics.read([b"n=3"])
    metrics.close()

    # What it was asked when it died may be lost; what comes after is not.
    assert reading.values[-1][2] == 3


def test_a_reader_that_always_ends_is_given_up_and_told(
    reading: Reading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clary.host.telemetry.line_metrics.READER", tmp_path / "nothing.py")
    metrics = reading.start(("n", "n=(.)"))
    for _ in range(5):
        metrics.read([b"n=1"])
        until(lambda: reading.spool.size_bytes == 0 or bool(reading.said))
    metrics.close()

    assert len(reading.said) == 1
    assert "are not read any more" in reading.said[0]


def test_an_expression_that_is_none_is_told_and_the_others_are_read(reading: Reading) -> None:
    metrics = reading.start(("bad", "("), ("n", "n=(.)"))
    metrics.read([b"n=1"])
    metrics.close()

    assert reading.values == [("n", 0, 1)]
    assert "metric bad can't be used" in reading.said[0]


@pytest.fixture
def profiling_signal() -> Iterator[None]:
    before = signal.getsignal(signal.SIGPROF)
    yield
    signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize(
    "source",
    [
        "(x+)+b",
        r"(?:x*)*y",
        r"([\s\S]*)*z",
        r"(.*)(.*)(.*)(.*)(.*)=b",
        r"((x?){1,60000}){1,60000}y",
        r"(x|x?)+$y",
    ],
)
def test_every_kind_of_slowness_ends(profiling_signal: None, source: str) -> None:
    answer = Expressions([source]).read(["x" * MAX_TEXT_BYTES])

    assert answer == {"Found": [], "Slow": [(0, 0, False)]}


def test_a_job_with_an_endless_expression_stops_and_logs_as_others_do(
    launch: Launch, standin: Standin
) -> None:
    agent = launch(
        **shell(f"trap 'exit 0' TERM; echo {'a' * 50}; echo up; sleep 60 & wait"),
        metric_definitions=tuple((f"m{number}", ENDLESS) for number in range(40)),
    )
    until(lambda: "up" in standin.lines)

    agent.process.send_signal(signal.SIGTERM)

    agent.wait()
    assert standin.reports[-1]["Outcome"] == "Stopped"


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    found = [int(child) for child in text.split()]
    for task in Path(f"/proc/{pid}/task").iterdir():
        if task.name != str(pid):
            found += [int(child) for child in (task / "children").read_text().split()]
    return [child for child in found if b"expression_reader" in Path(f"/proc/{child}/cmdline").read_bytes()]
