from __future__ import annotations

import json
from pathlib import Path

import pytest

from clary.debugger.capture.checkpoints import METADATA, SETTLE_S, Counters, SavedCounters
from clary.debugger.tensors import Mode

SMDEBUG_STATES = [
    {
        "training-run": 0,
        "latest-global-step-saved": 500,
        "latest-global-step-seen": 730,
        "latest-mode-step": {"TRAIN": 700, "EVAL": 29, "GLOBAL": 730},
    }
]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def at(step: int) -> Counters:
    return Counters(step, None, {Mode.TRAIN: step, Mode.EVAL: -1})


def states(folder: Path) -> list[int]:
    path = folder / METADATA
    return (
        [state["latest-global-step-seen"] for state in json.loads(path.read_text())] if path.exists() else []
    )


def test_counters_are_kept_when_a_checkpoint_changes(tmp_path: Path) -> None:
    clock = Clock()
    checkpoints = SavedCounters(str(tmp_path), clock=clock)
    checkpoints.check(lambda: at(1))
    assert states(tmp_path) == []

    (tmp_path / "model.pt").write_text("first")
    checkpoints.check(lambda: at(2))
    clock.now += SETTLE_S
    checkpoints.check(lambda: at(3))
    (tmp_path / "model.pt").write_text("another")
    checkpoints.check(lambda: at(4))

    assert states(tmp_path) == [2, 4]
    assert json.loads((tmp_path / METADATA).read_text())[0] == {
        "training-run": 0,
        "latest-global-step-saved": None,
        "latest-global-step-seen": 2,
        "latest-mode-step": {"TRAIN": 2},
    }


def test_a_checkpoint_that_is_still_being_written_is_checked_again_later(tmp_path: Path) -> None:
    clock = Clock()
    checkpoints = SavedCounters(str(tmp_path), clock=clock)
    (tmp_path / "model.pt").write_text("a part")
    checkpoints.check(lambda: at(1))
    (tmp_path / "model.pt").write_text("all of it now")
    checkpoints.check(lambda: at(2))
    assert states(tmp_path) == [1]

    checkpoints.check(lambda: at(3), now=True)

    assert states(tmp_path) == [1, 3]


def test_the_next_run_continues_from_the_counters_of_smdebug(tmp_path: Path) -> None:
    (tmp_path / METADATA).write_text(json.dumps(SMDEBUG_STATES))

    checkpoints = SavedCounters(str(tmp_path), clock=Clock())

    assert checkpoints.restored == Counters(730, 500, {Mode.TRAIN: 700, Mode.EVAL: 29, Mode.GLOBAL: 730})
    (tmp_path / "model.pt").touch()
    checkpoints.check(lambda: at(731))
    assert states(tmp_path) == [730, 731]
    assert json.loads((tmp_path / METADATA).read_text())[1]["training-run"] == 1


@pytest.mark.parametrize("content", ['{"mine": 1}', "[1, 2]", '[{"a": 1}]', "no json", '"text"'])
def test_a_metadata_file_of_the_script_is_not_changed(content: str, tmp_path: Path) -> None:
    (tmp_path / METADATA).write_text(content)
    checkpoints = SavedCounters(str(tmp_path), clock=Clock())

    (tmp_path / "model.pt").touch()
    checkpoints.check(lambda: at(1))

    assert checkpoints.restored is None
    assert (tmp_path / METADATA).read_text() == content


def test_a_missing_checkpoint_folder_is_no_error(tmp_path: Path) -> None:
    checkpoints = SavedCounters(str(tmp_path / "later"), clock=Clock())

    checkpoints.check(lambda: at(1))

    assert checkpoints.restored is None
