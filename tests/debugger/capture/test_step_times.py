from __future__ import annotations

import errno
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.debugger.capture.conftest import (
    DEFAULT,
    KERAS_3,
    MXNET,
    SCRIPTS,
    TORCH,
    XGBOOST,
    image_python,
    variables,
)

from clary.debugger.capture import step_times
from clary.debugger.capture.builtin import PYTORCH
from clary.debugger.capture.configuration import parse_settings, step_times_settings
from clary.debugger.capture.guard import MAX_ERRORS, guarded
from clary.debugger.capture.hook import Hook
from clary.debugger.capture.step_times import StepTimes
from clary.debugger.rules.profile import FrameworkEvent
from clary.debugger.rules.profile_files import LocalProfileFiles
from clary.debugger.rules.profile_source import ProfileSource
from clary.debugger.tensors import Mode


class Clock:
    """A clock that the test sets, in seconds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class PlainHook(Hook):
    framework = PYTORCH

    @guarded
    def fail(self) -> None:
        raise RuntimeError("nobody may see this")


def timed(folder: Path) -> tuple[StepTimes, Clock]:
    clock = Clock()
    return StepTimes(str(folder), "0-algo-1", clock, thread=False), clock


def until(fact: Callable[[], bool], timeout_s: float = 90.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not fact():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def steps(folder: Path) -> list[FrameworkEvent]:
    """The steps as the rules read them, ordered by their ends."""
    source = ProfileSource(LocalProfileFiles(folder))
    return [event for window in source.poll(final=True) for event in window.framework]


def told(folder: Path) -> list[tuple[str, int, int]]:
    """(name, number, duration in milliseconds) of each step."""
    return [(event.name[14:], event.step, round(event.duration_us / 1000)) for event in steps(folder)]


def test_a_step_lasts_until_the_next_step_of_its_mode_begins(tmp_path: Path) -> None:
    times, clock = timed(tmp_path)
    for moment in (100.0, 100.1, 100.4):
        clock.now = moment
        times.begin(Mode.TRAIN)
    times.flush()

    assert told(tmp_path) == [("TRAIN", 0, 100), ("TRAIN", 1, 300)]


def test_before_a_change_of_mode_and_at_the_end_a_step_lasts_until_its_last_mark(tmp_path: Path) -> None:
    times, clock = timed(tmp_path)
    for mode, lasts_s in ((Mode.TRAIN, 0.2), (Mode.EVAL, 0.1), (Mode.TRAIN, 0.3)):
        times.begin(mode)
        clock.now += lasts_s
        times.mark()
        clock.now += 5.0  # a checkpoint is saved
    times.close()

    assert told(tmp_path) == [("TRAIN", 0, 200), ("EVAL", 0, 100), ("TRAIN", 1, 300)]


def test_without_a_mark_a_step_lasts_until_something_else_begins(tmp_path: Path) -> None:
    times, clock = timed(tmp_path)
    times.begin(Mode.TRAIN)
    clock.now += 0.2
    times.begin(Mode.EVAL)
    clock.now += 0.1
    times.close()

    assert told(tmp_path) == [("TRAIN", 0, 200), ("EVAL", 0, 100)]


def test_the_time_between_rounds_belongs_to_no_step(tmp_path: Path) -> None:
    times, clock = timed(tmp_path)
    for number in (7, 8):
        times.begin(Mode.TRAIN, number)
        clock.now += 0.1
        times.end()
        clock.now += 1.0
    times.close()

    assert told(tmp_path) == [("TRAIN", 7, 100), ("TRAIN", 8, 100)]


def test_a_file_is_a_trace_as_smdebug_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times, clock = timed(tmp_path)
    times.begin(Mode.TRAIN)
    clock.now += 0.25
    times.begin(Mode.EVAL)
    clock.now += 0.5
    monkeypatch.setattr(step_times.time, "time", lambda: 1_600_000_000.0)
    times.close()

    (file,) = tmp_path.rglob("*.json")
    assert file.relative_to(tmp_path) == Path(
        "framework/pevents/2020091312/1600000000000000_0-algo-1_pythontimeline.json"
    )
    trace = json.loads(file.read_text())
    assert trace[:2] == [
        {
            "name": "process_name",
            "ph": "M",
            "pid": 0,
            "args": {"start_time_since_epoch_in_micros": 1_599_999_999_250_000},
        },
        {"name": "process_sort_index", "ph": "M", "pid": 0, "args": {"sort_index": 0}},
    ]
    assert [event for event in trace if event["ph"] == "X"] == [
        _complete("Step:ModeKeys.TRAIN", 1, 0, 250_000),
        _complete("Step:ModeKeys.EVAL", 2, 250_000, 500_000),
    ]
    phases = {event["args"].get("name"): event["pid"] for event in trace if event["name"] == "process_name"}
    assert phases == {None: 0, "Step:ModeKeys.TRAIN": 1, "Step:ModeKeys.EVAL": 2}


def _complete(name: str, phase: int, begin_us: int, lasts_us: int) -> dict[str, Any]:
    arguments = {"pid": str(os.getpid()), "step_num": "0"}
    return {"name": name, "pid": phase, "ph": "X", "ts": begin_us, "dur": lasts_us, "args": arguments}


def test_a_file_that_is_written_never_changes(tmp_path: Path) -> None:
    times, clock = timed(tmp_path)
    written: dict[Path, bytes] = {}
    for _ in range(3):
        times.begin(Mode.TRAIN)
        clock.now += 0.1
        times.begin(Mode.TRAIN)
        times.flush()
        times.flush()
        found = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}
        assert found.items() >= written.items()
        written = found

    assert len(written) == 3


def test_a_disk_that_is_full_ends_the_recording_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(step_times, "write_atomically", full)
    hook = PlainHook(step_times_settings(str(tmp_path)))
    hook.begin(Mode.TRAIN)
    hook.begin(Mode.TRAIN)
    assert hook.times is not None
    with caplog.at_level(logging.WARNING):
        hook.times.flush()
        hook.times.flush()
        hook.begin(Mode.TRAIN)
    hook.begin(Mode.TRAIN)
    hook.close()

    assert [record.message for record in caplog.records] == [
        "Step times are not recorded any more: [Errno 28] No space left on device"
    ]
    assert not hook.active


def test_steps_are_timed_where_no_tensor_is_saved(tmp_path: Path) -> None:
    hook = PlainHook(step_times_settings(str(tmp_path)))
    saved = [hook.begin(Mode.TRAIN) for _ in range(3)]
    assert (saved, hook.recorder) == ([False] * 3, None)
    hook.close()

    assert [event.step for event in steps(tmp_path)] == [0, 1, 2]


def test_timing_continues_after_capture_stops_and_ends_if_it_fails_too(
    tmp_path: Path,
) -> None:
    settings = parse_settings({"LocalPath": str(tmp_path / "tensors")})
    hook = PlainHook(settings._replace(step_times=str(tmp_path / "profile")))
    hook.begin(Mode.TRAIN)
    for _ in range(MAX_ERRORS):
        hook.fail()
    assert (hook.capturing, hook.active) == (False, True)
    assert hook.begin(Mode.TRAIN) is False
    hook.begin(Mode.TRAIN)

    hook.fail()

    assert not hook.active
    hook.begin(Mode.TRAIN)
    hook.close()
    assert len(steps(tmp_path / "profile")) == 3


def test_a_process_without_the_claim_records_step_times_under_its_own_name(tmp_path: Path) -> None:
    settings = parse_settings({"LocalPath": str(tmp_path / "tensors")})
    hooks = [PlainHook(settings._replace(step_times=str(tmp_path))) for _ in range(2)]
    for hook in hooks:
        hook.begin(Mode.TRAIN)
        hook.begin(Mode.TRAIN)
    hooks[1].stop()
    for hook in hooks:
        hook.close()

    assert {event.node.partition("-")[0] for event in steps(tmp_path)} == {str(os.getpid())}
    assert len(steps(tmp_path)) == 4


WAITING = """
import sys
from clary.debugger.capture.builtin import PYTORCH
from clary.debugger.capture.configuration import step_times_settings
from clary.debugger.capture.hook import Hook
from clary.debugger.tensors import Mode

class PlainHook(Hook):
    framework = PYTORCH

hook = PlainHook(step_times_settings(sys.argv[1]))
for _ in range(3):
    hook.begin(Mode.TRAIN)
{then}
"""


def waiting(folder: Path, then: str) -> subprocess.Popen[str]:
    """A process that has begun three steps and then printed that it is ready."""
    command = [sys.executable, "-c", WAITING.format(then=then), str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_process_writes_its_last_steps_at_sigterm(tmp_path: Path) -> None:
    with waiting(tmp_path, "print('ready', flush=True); sys.stdin.read()") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.terminate()

    assert process.returncode == -signal.SIGTERM
    assert [event.step for event in steps(tmp_path)] == [0, 1, 2]


def test_a_child_of_a_training_writes_no_steps(tmp_path: Path) -> None:
    fork = "import os; child = os.fork(); hook.begin(Mode.TRAIN); child and os.wait()"
    with waiting(tmp_path, fork) as process:
        pass

    assert process.returncode == 0
    assert [event.step for event in steps(tmp_path)] == [0, 1, 2, 3]


def test_a_running_training_writes_without_being_asked(tmp_path: Path) -> None:
    with waiting(tmp_path, "print('ready', flush=True); sys.stdin.read()") as process:
        until(lambda: any(tmp_path.rglob("*.json")))
        process.kill()

    assert [event.step for event in steps(tmp_path)] == [0, 1]


def test_a_training_that_is_neither_captured_nor_profiled_loads_nothing(tmp_path: Path) -> None:
    script = "import sys; print([name for name in sys.modules if name.startswith('clary')])"
    ran = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**variables(tmp_path, None), **more},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for more in ({}, {"CLARY_STEP_TIMES": str(tmp_path)}, {"CLARY_STEP_TIMES": "x", "USE_SMDEBUG": "0"})
    ]

    assert ran[0] == ran[2] == "[]"
    assert "clary.debugger.capture.boot" in ran[1]


def test_every_rank_records_its_steps_even_if_one_saves_tensors(tmp_path: Path) -> None:
    python = image_python(TORCH)
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node=2", "--master-port=0", "--standalone"]
    environ = {**variables(tmp_path, DEFAULT), "CLARY_STEP_TIMES": str(tmp_path / "profile")}
    subprocess.run(
        [python, str(SCRIPTS / "launch.py"), *torchrun, "torch_loop.py", "ddp"],
        env=environ,
        check=True,
        capture_output=True,
        timeout=600,
    )

    found = Counter((event.node.partition("-")[0], event.name) for event in steps(tmp_path / "profile"))
    assert {rank for rank, _ in found} == {"0", "1"}
    assert found["0", "Step:ModeKeys.TRAIN"] == found["1", "Step:ModeKeys.TRAIN"] >= 5


@pytest.mark.parametrize(
    ("image", "script"),
    [
        (TORCH, "torch_loop.py"),
        (XGBOOST, "xgboost_loop.py"),
        (MXNET, "gluon_loop.py"),
        (KERAS_3, "keras_loop.py"),
    ],
)
@pytest.mark.parametrize("hook", [None, DEFAULT], ids=["no hook", "hook"])
def test_every_framework_records_its_steps(
    image: str,
    script: str,
    hook: dict[str, Any] | None,
    tmp_path: Path,
    run_with_times: Callable[..., Path],
) -> None:
    folder = run_with_times(image_python(image), script, hook)

    found = steps(folder)
    numbers = [event.step for event in found if event.name == "Step:ModeKeys.TRAIN"]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 5
    assert all(0 < event.duration_us < 60e6 for event in found)
    begins = [event.start_us for event in found]
    assert begins == sorted(begins)


@pytest.fixture
def run_with_times(tmp_path: Path) -> Callable[..., Path]:
    def start(python: str, script: str, hook: dict[str, Any] | None) -> Path:
        folder = tmp_path / "profile"
        done = subprocess.run(
            [python, str(SCRIPTS / script)],
            env={**variables(tmp_path, hook), "CLARY_STEP_TIMES": str(folder)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return folder

    return start
