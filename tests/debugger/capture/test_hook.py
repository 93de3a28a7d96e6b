from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clary.debugger.capture import get_hook, save_scalar, save_tensor
from clary.debugger.capture.builtin import PYTORCH
from clary.debugger.capture.configuration import parse_settings
from clary.debugger.capture.guard import MAX_ERRORS, guarded
from clary.debugger.capture.hook import Hook
from clary.debugger.tensors import Mode
from clary.debugger.trial import open_trial

EVERY_OTHER = {"HookParameters": {"save_interval": "2", "save_all": "true"}}


class PlainHook(Hook):
    """A hook for numpy arrays."""

    framework = PYTORCH

    def see(self, name: str, array: Any) -> None:
        assert self.recorder is not None
        if self.recorder.due is not None:
            want = self.recorder.due.wants(name)
            if want is not None:
                self.recorder.save(name, want, array)

    @guarded
    def fail(self) -> None:
        raise RuntimeError("nobody may see this")


def make(folder: Path, **document: Any) -> PlainHook:
    return PlainHook(parse_settings({"LocalPath": str(folder), **document}))


def test_steps_count_over_all_modes_and_within_each(tmp_path: Path) -> None:
    hook = make(tmp_path, HookParameters={"save_interval": "1", "save_all": "true"})
    for mode in (Mode.TRAIN, Mode.TRAIN, Mode.EVAL, Mode.TRAIN):
        hook.begin(mode)
        hook.see("x", np.ones(2))
    hook.close()

    trial = open_trial(tmp_path)
    assert list(trial.steps()) == [0, 1, 2, 3]
    assert list(trial.steps("TRAIN")) == [0, 1, 2]
    assert list(trial.steps("EVAL")) == [0]


def test_a_saved_tensor_does_not_change_with_its_source(tmp_path: Path) -> None:
    hook = make(tmp_path, **EVERY_OTHER)
    array = np.zeros(3, np.float32)
    hook.begin(Mode.TRAIN)
    hook.see("x", array)
    array += 1
    hook.close()

    assert open_trial(tmp_path).tensor("x").value(0).tolist() == [0, 0, 0]


def test_of_a_tensor_that_is_saved_twice_in_a_step_the_last_one_counts(tmp_path: Path) -> None:
    hook = make(tmp_path, **EVERY_OTHER)
    hook.begin(Mode.TRAIN)
    hook.see("x", np.zeros(3))
    hook.see("x", np.ones(3))
    hook.see("y", np.zeros(3))
    hook.see("y", np.ones(2))
    hook.close()

    trial = open_trial(tmp_path)
    assert trial.tensor("x").value(0).tolist() == [1, 1, 1]
    assert trial.tensor("y").value(0).tolist() == [1, 1]


def test_scripts_add_scalars_at_any_step_and_tensors_at_saved_ones(tmp_path: Path) -> None:
    hook = make(tmp_path, **EVERY_OTHER)
    for step in range(3):
        hook.begin(Mode.TRAIN)
        save_scalar("rate", step / 10)
        save_tensor("mine", [step, step], collections=("a", "b"))
    hook.close()

    trial = open_trial(tmp_path)
    assert list(trial.tensor("scalar/rate").steps()) == [0, 1, 2]
    assert trial.tensor("scalar/rate").value(1) == pytest.approx(0.1)
    assert list(trial.tensor("mine").steps()) == [0, 2]
    assert "mine" in trial.tensor_names(collection="b")


def test_save_functions_do_nothing_without_a_hook() -> None:
    assert get_hook() is None

    save_scalar("rate", 0.1)
    save_tensor("mine", [1])


def test_the_collections_file_contains_names_that_appeared_later(tmp_path: Path) -> None:
    hook = make(tmp_path, **EVERY_OTHER)
    for step in range(4):
        hook.begin(Mode.TRAIN)
        hook.see("fc.weight" if step < 2 else "late.weight", np.ones(2))
    hook.close()

    (file,) = tmp_path.glob("collections/*/*.json")
    collections = json.loads(file.read_text())["collections"]
    assert collections["weights"]["tensor_names"] == ["fc.weight", "late.weight"]


def test_errors_stay_in_the_hook_and_too_many_stop_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hook = make(tmp_path, **EVERY_OTHER)
    hook.begin(Mode.TRAIN)
    for _ in range(MAX_ERRORS):
        assert hook.active
        hook.fail()
    assert not hook.active
    hook.close()

    (record,) = caplog.records
    assert f"{MAX_ERRORS} errors, the first one in fail: RuntimeError" in record.getMessage()


def test_a_second_process_of_a_host_does_not_write(tmp_path: Path) -> None:
    (tmp_path / "claim.smd").write_text(str(os.getppid()))
    hook = make(tmp_path, **EVERY_OTHER)

    assert not hook.begin(Mode.TRAIN)

    assert not hook.active
    assert [path.name for path in tmp_path.iterdir()] == ["claim.smd"]


def test_a_forked_child_writes_no_files(tmp_path: Path) -> None:
    hook = make(tmp_path, **EVERY_OTHER)
    hook.begin(Mode.TRAIN)
    hook.see("x", np.ones(2))
    child = os.fork()
    if child == 0:
        hook.close()
        os._exit(int(hook.active or hook.begin(Mode.TRAIN)))

    _, status = os.waitpid(child, 0)

    assert status == 0
    assert hook.active
    hook.begin(Mode.TRAIN)
    hook.close()
    assert list(open_trial(tmp_path).steps()) == [0]


def test_a_step_is_written_when_its_copies_are_complete(tmp_path: Path) -> None:
    class Copies:
        arrived = False
        waited = 0

        def query(self) -> bool:
            return self.arrived

        def synchronize(self) -> None:
            self.waited += 1

    hook = make(tmp_path, HookParameters={"save_interval": "1", "save_all": "true"})
    hook.begin(Mode.TRAIN)
    recorder = hook.recorder
    assert recorder is not None
    hook.see("x", np.ones(1))
    first = recorder.copies = Copies()
    hook.begin(Mode.TRAIN)
    hook.see("x", np.ones(1))
    recorder.writer.flush()
    assert recorder.writer.report().saved_steps == 0

    first.arrived = True
    hook.begin(Mode.TRAIN)
    hook.see("x", np.ones(1))
    recorder.writer.flush()
    assert recorder.writer.report().saved_steps == 2

    last = recorder.copies = Copies()
    hook.close()
    assert (first.waited, last.waited) == (0, 1)
    assert list(open_trial(tmp_path).steps()) == [0, 1, 2]


def test_step_numbers_continue_after_a_restart_from_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints, config = tmp_path / "checkpoints", tmp_path / "checkpointconfig.json"
    checkpoints.mkdir()
    config.write_text(json.dumps({"LocalPath": str(checkpoints)}))
    monkeypatch.setenv("CHECKPOINT_CONFIG_FILE_PATH", str(config))

    def train(folder: str, modes: str) -> list[int]:
        hook = make(tmp_path / folder, HookParameters={"save_interval": "1", "save_all": "true"})
        for letter in modes:
            hook.begin(Mode.TRAIN if letter == "t" else Mode.EVAL)
            hook.see("x", np.ones(2))
        (checkpoints / "model").write_text(folder)
        hook.close()
        return list(open_trial(tmp_path / folder).steps())

    assert train("first", "ttet") == [0, 1, 2, 3]
    assert train("again", "tte") == [4, 5, 6]
    again = open_trial(tmp_path / "again")
    assert list(again.steps("TRAIN")) == [3, 4]
    assert list(again.steps("EVAL")) == [1]


def test_tensorboard_gets_curves_and_histograms(tmp_path: Path) -> None:
    board = tmp_path / "board"
    hook = make(tmp_path / "tensors", HookParameters={"save_all": "true", "tensorboard_dir": str(board)})
    hook.begin(Mode.TRAIN)
    hook.see("fc.weight", np.arange(8.0))
    hook.see("MSELoss_output_0", np.float32(2))
    hook.close()

    (file,) = board.glob("TRAIN/*.tfevents")
    content = file.read_bytes()
    assert b"weights/fc.weight" in content
    assert b"MSELoss_output_0" in content


@pytest.fixture(autouse=True)
def no_hook_stays() -> Any:
    yield
    while (hook := get_hook()) is not None:
        hook.close()
        hook.stop()
