"""The writer beside a training: what is on disk, what is dropped, and what it never does."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from clary.debugger import open_trial
from clary.debugger.tensors import Collection, Mode, TensorWriter, files, step_writer
from clary.debugger.tensors.index import Shape

SRC = str(Path(files.__file__).parents[3])


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every write to the disk waits until the event is set."""
    opened = threading.Event()
    original = files.write_atomically

    def when_open(path: str, buffers: Any) -> None:
        assert opened.wait(90)
        original(path, buffers)

    monkeypatch.setattr(step_writer, "write_atomically", when_open)
    yield opened
    opened.set()


def names_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def write(writer: TensorWriter, step: int, size: int = 4) -> bool:
    return writer.write(step, Mode.TRAIN, step, [("w", np.full(size, step, "f4"))])


def test_a_step_becomes_an_event_file_an_index_and_once_the_collections(tmp_path: Path) -> None:
    with_collections = TensorWriter(tmp_path)
    with_collections.set_collections({"all": Collection("all", (".*",))})

    write(with_collections, 7)
    with_collections.close()

    assert names_in(tmp_path) == [
        "collections/000000000/worker_0_collections.json",
        "events/000000000007/000000000007_worker_0.tfevents",
        "index/000000000/000000000007_worker_0.json",
        "training_job_end.ts",
    ]


def test_the_collections_appear_before_the_first_step_and_an_index_after_its_event_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    replace = os.replace

    def watched(source: str, target: str) -> None:
        shown.append(Path(target).parts[len(tmp_path.parts)])
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    writer = TensorWriter(tmp_path)
    writer.set_collections({})

    write(writer, 1)
    write(writer, 2)
    writer.close()

    assert shown == ["collections", "events", "index", "events", "index", "training_job_end.ts"]


def test_collections_that_change_are_written_again(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    writer.set_collections({})
    write(writer, 1)
    writer.flush()

    writer.set_collections({"late": Collection("late")})
    write(writer, 2)
    writer.close()

    assert list(open_trial(tmp_path).collections) == ["late"]


@pytest.mark.parametrize(
    ("worker", "job", "marked"),
    [("worker_0", None, True), ("worker_1", None, False), ("worker_0", "a-job", False)],
)
def test_worker_0_writes_the_end_marker_except_in_a_job_of_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worker: str, job: str | None, marked: bool
) -> None:
    if job is None:
        monkeypatch.delenv("TRAINING_JOB_NAME", raising=False)
    else:
        monkeypatch.setenv("TRAINING_JOB_NAME", job)

    TensorWriter(tmp_path, worker).close()

    assert (tmp_path / "training_job_end.ts").exists() is marked


def test_empty_arrays_and_empty_steps_are_left_out(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path, end_marker=False)

    writer.write(1, Mode.TRAIN, 1, [("none", np.zeros((0, 3))), ("one", np.zeros(1))])
    writer.write(2, Mode.TRAIN, 2, [("none", np.zeros(0))])
    writer.close()

    assert len(names_in(tmp_path)) == 2
    index = json.loads((tmp_path / "index/000000000/000000000001_worker_0.json").read_text())
    assert [entry["tensorname"] for entry in index["tensor_payload"]] == ["one"]


def test_shapes_are_saved_without_their_tensors(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    writer.set_collections({})

    writer.write(1, Mode.TRAIN, 1, [], [Shape("x", (2, 3))])
    writer.close()

    assert open_trial(tmp_path).tensor("x").shape(1) == (2, 3)


def test_an_array_of_an_unsupported_type_is_counted_and_the_rest_is_saved(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    writer.set_collections({})

    writer.write(1, Mode.TRAIN, 1, [("odd", np.zeros(2, [("a", "i4")])), ("w", np.ones(1))])
    report = writer.close()

    assert (report.saved_steps, report.dropped_steps, report.dropped_tensors) == (1, 0, 1)
    assert open_trial(tmp_path).tensor_names() == ["w"]


def test_more_buffers_than_one_call_takes_are_written(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    writer.set_collections({})

    writer.write(1, Mode.TRAIN, 1, [(f"t{i}", np.array(i)) for i in range(2000)])
    writer.close()

    loaded = open_trial(tmp_path).step(1).tensors().load()
    assert {name: int(value) for name, value in loaded.items()} == {f"t{i}": i for i in range(2000)}


def test_a_partial_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "writev", lambda fd, buffers: os.write(fd, memoryview(buffers[0])[:7]))

    files.write_atomically(str(tmp_path / "x"), [b"hello", np.arange(20, dtype="u1"), b"end"])

    assert (tmp_path / "x").read_bytes() == b"hello" + bytes(range(20)) + b"end"


def test_a_system_without_writev_is_supported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "writev")

    files.write_atomically(str(tmp_path / "x"), [b"hello", np.arange(3, dtype="u1")])

    assert (tmp_path / "x").read_bytes() == b"hello\0\1\2"


def test_arrays_of_a_written_step_are_reused(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    first = writer.empty((4, 5), np.float32)
    writer.write(1, Mode.TRAIN, 1, [("w", first)])
    writer.flush()

    assert writer.empty((4, 5), np.dtype("f4")) is first
    assert writer.empty((4, 5), np.float32) is not first
    assert writer.empty((5, 4), np.float32) is not first


def test_an_array_is_not_reused_before_it_is_written(tmp_path: Path, gate: threading.Event) -> None:
    writer = TensorWriter(tmp_path)
    first = writer.empty((3,), np.float32)
    writer.write(1, Mode.TRAIN, 1, [("w", first)])

    assert writer.empty((3,), np.float32) is not first

    gate.set()
    writer.close()


def test_a_full_budget_drops_the_step_and_counts_it(tmp_path: Path, gate: threading.Event) -> None:
    writer = TensorWriter(tmp_path, budget_bytes=100, max_wait_s=0.01)

    handed = [write(writer, step, size=20) for step in range(3)]
    ready = writer.ready()
    gate.set()
    report = writer.close()

    assert handed == [True, False, False]
    assert ready is False
    assert (report.saved_steps, report.dropped_steps) == (1, 3)


def test_only_the_first_wait_for_a_stuck_disk_takes_time(tmp_path: Path, gate: threading.Event) -> None:
    writer = TensorWriter(tmp_path, budget_bytes=100, max_wait_s=0.01)
    write(writer, 0, size=20)
    write(writer, 1, size=20)
    writer._max_wait_s = 1e6

    assert write(writer, 2, size=20) is False

    gate.set()
    writer.close()


def test_steps_are_accepted_again_after_the_disk_has_written(tmp_path: Path, gate: threading.Event) -> None:
    writer = TensorWriter(tmp_path, budget_bytes=100, max_wait_s=0.01)
    write(writer, 0, size=20)
    write(writer, 1, size=20)

    gate.set()
    writer.flush()

    assert writer.ready(80)
    assert write(writer, 2, size=20)
    assert writer.close().saved_steps == 2


def test_a_step_larger_than_the_budget_is_taken_when_nothing_waits(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path, budget_bytes=10)

    assert write(writer, 0, size=1000)
    assert writer.close().saved_steps == 1


def test_a_full_disk_stops_capture_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    writer = TensorWriter(tmp_path)
    write(writer, 0)
    writer.flush()

    def full(fd: int, buffers: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "writev", full)
    write(writer, 1)
    writer.flush()
    later = [writer.ready(), write(writer, 2)]
    report = writer.close()
    writer.close()

    assert later == [False, False]
    assert (report.saved_steps, report.dropped_steps) == (1, 3)
    assert report.stopped == "No space left on device at step 1"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert not [name for name in names_in(tmp_path) if "01_" in name or name.endswith(".tmp")]


def test_a_reserve_of_disk_space_is_left_to_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk of 100 MB: two of them stay free."""
    free_blocks = iter((2_500, 2_250, 2_040, 2_250))

    def statvfs(path: str) -> Any:
        return SimpleNamespace(f_frsize=1000, f_blocks=100_000, f_bavail=next(free_blocks))

    writer = TensorWriter(tmp_path)
    writer.set_collections({"weights": Collection("weights", ("w",))})
    write(writer, 0)
    writer.flush()
    monkeypatch.setattr(os, "statvfs", statvfs)
    for step in (1, 2, 3, 4):
        write(writer, step, size=50_000 // 4)
        writer.flush()
    report = writer.close()

    assert (report.saved_steps, report.dropped_steps) == (3, 2)
    assert report.stopped is not None
    assert report.stopped.startswith("No space left on device but 2.0 MB")
    assert report.stopped.endswith("at step 3")
    trial = open_trial(tmp_path)
    assert (trial.steps(), trial.ended) == ([0, 1, 2], True)


def test_a_file_size_limit_of_the_system_leaves_no_half_file(tmp_path: Path) -> None:
    script = f"""
        import resource, signal, numpy as np
        from clary.debugger.tensors import Mode, TensorWriter
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, {resource.RLIM_INFINITY}))
        writer = TensorWriter({str(tmp_path)!r}, end_marker=False)
        for step, size in enumerate((10, 100_000, 10)):
            writer.write(step, Mode.TRAIN, step, [("w", np.zeros(size))])
        print(writer.close())
    """

    ended = in_python(script)

    assert "1 steps saved" in ended.stdout
    assert "File too large at step 1" in ended.stdout
    assert len(names_in(tmp_path)) == 2


def test_a_folder_that_cannot_be_created_raises_no_exception(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    writer = TensorWriter(tmp_path / "file" / "below")
    write(writer, 0)
    report = writer.close()

    assert report.stopped == "Not a directory at step 0"


def test_arguments_of_a_wrong_type_raise_no_exception(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    nonsense: Any = [("w", "no array")]

    assert writer.write(0, Mode.TRAIN, 0, nonsense) is False
    assert "step 0" in str(writer.close().stopped)


def test_after_close_nothing_is_written_or_counted(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    report = writer.close()

    assert [write(writer, 0), writer.ready()] == [False, False]
    assert writer.close() == report


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("pass", 0),
        ("raise SystemExit(3)", 3),
        ("1 / 0", 1),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_what_was_handed_over_is_written_however_the_process_ends(
    tmp_path: Path, ending: str, code: int
) -> None:
    script = f"""
        import os, signal, numpy as np
        from clary.debugger.tensors import Mode, TensorWriter
        writer = TensorWriter({str(tmp_path)!r})
        writer.set_collections({{}})
        for step in range(20):
            writer.write(step, Mode.TRAIN, step, [("w", np.zeros(100_000))])
        {ending}
    """

    assert in_python(script).returncode == code

    trial = open_trial(tmp_path)
    assert trial.ended
    assert trial.steps() == list(range(20))


def test_a_users_own_handler_of_sigterm_stays(tmp_path: Path) -> None:
    script = f"""
        import os, signal, sys, numpy as np
        from clary.debugger.tensors import Mode, TensorWriter
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))
        TensorWriter({str(tmp_path)!r}).write(0, Mode.TRAIN, 0, [("w", np.zeros(1))])
        os.kill(os.getpid(), signal.SIGTERM)
    """

    assert in_python(script).returncode == 42
    assert open_trial(tmp_path).steps(show_incomplete_steps=True) == [0]


def test_sigterm_is_as_it_was_after_close(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    writer = TensorWriter(tmp_path)
    write(writer, 0)

    writer.close()

    assert signal.getsignal(signal.SIGTERM) is before


FORK = """
    import os, sys, warnings, numpy as np
    from clary.debugger.tensors import Mode, TensorWriter
    warnings.simplefilter("ignore")
    writer = TensorWriter({root!r}, max_wait_s=0)
    def write(step):
        return writer.write(step, Mode.TRAIN, step, [("w", np.zeros(1000))])
    {before}
    child = os.fork()
    if child == 0:
        taken = write(1)
        print("child", taken, flush=True)
        report = writer.close()
        os._exit(0)
    os.waitpid(child, 0)
    print("parent", write(2), flush=True)
"""


@pytest.mark.parametrize(
    ("before", "steps", "said"),
    [("write(0)", [0, 2], "child False"), ("pass", [1, 2], "child True")],
    ids=["a writer in use stays with the parent", "a new writer can be used by the child"],
)
def test_a_forked_child(tmp_path: Path, before: str, steps: list[int], said: str) -> None:
    ended = in_python(FORK.format(root=str(tmp_path), before=before))

    assert ended.stdout.splitlines() == [said, "parent True"]
    assert open_trial(tmp_path).steps() == steps


def test_a_reader_follows_a_writer(tmp_path: Path) -> None:
    writer = TensorWriter(tmp_path)
    writer.set_collections({})

    def train() -> None:
        for step in range(200):
            writer.write(step, Mode.TRAIN, step, [("w", np.full(1000, step, "f4")), ("loss", np.array(step))])
        writer.close()

    training = threading.Thread(target=train)
    training.start()
    seen = [
        (step.step, int(step.tensors()["loss"].value()), float(step.tensors()["w"].reduction("mean")))
        for step in open_trial(tmp_path).follow(poll_s=0.001)
    ]
    training.join()

    assert seen == [(step, step, float(step)) for step in range(200)]


def test_two_workers_write_one_trial(tmp_path: Path) -> None:
    writers = [TensorWriter(tmp_path, f"worker_{rank}", 2, end_marker=False) for rank in range(2)]
    for rank, writer in enumerate(writers):
        writer.set_collections({})
        writer.write(0, Mode.EVAL, 0, [("w", np.array(rank))])
        writer.close()

    trial = open_trial(tmp_path)

    assert trial.workers() == ["worker_0", "worker_1"]
    assert [int(trial["w"].value(0, "EVAL", worker)) for worker in trial.workers()] == [0, 1]


def test_the_package_imports_only_the_standard_library_and_numpy() -> None:
    script = """
        import sys
        before = set(sys.modules)
        import clary.debugger
        extra = set(sys.modules) - before
        assert extra <= {"clary", "clary.debugger", "__future__"}, extra
        import numpy
        before = set(sys.modules)
        import clary.debugger.tensors
        packages = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(sorted(packages - set(sys.stdlib_module_names)))
    """

    assert in_python(script).stdout.strip() == "['clary']"


def in_python(script: str) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if key != "TRAINING_JOB_NAME"}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**environ, "PYTHONPATH": SRC},
        capture_output=True,
        text=True,
        timeout=60,
    )
