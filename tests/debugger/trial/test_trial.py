"""A trial in a folder: questions, complete steps, corrupt files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clary.debugger import open_trial
from clary.debugger.tensors import Collection, Mode, TensorWriter, reduction_tensor_name
from clary.debugger.tensors.layout import collections_path, event_path, index_path
from clary.debugger.trial import (
    CorruptFile,
    LocalFiles,
    NoSuchTensor,
    NoSuchWorker,
    NoTrial,
    NotSaved,
    NotYet,
    StepUnavailable,
    Trial,
)

END = "training_job_end.ts"
COLLECTIONS = {
    "losses": Collection("losses", ("loss",)),
    "weights": Collection("weights", (), frozenset({"a.weight", "missing"})),
}


def save(
    root: Path,
    step: int,
    tensors: dict[str, Any],
    *,
    mode: Mode = Mode.TRAIN,
    mode_step: int | None = None,
    worker: str = "worker_0",
    workers: int = 1,
) -> None:
    writer = TensorWriter(root, worker, workers, end_marker=False)
    writer.set_collections(COLLECTIONS)
    arrays = [(name, np.asarray(value)) for name, value in tensors.items()]
    assert writer.write(step, mode, step if mode_step is None else mode_step, arrays)
    writer.close()


def unsettled(root: Path, sleep: Callable[[float], Any] = lambda _: None, **options: Any) -> Trial:
    return Trial(LocalFiles(str(root)), sleep=sleep, refresh_every_s=0.0, **options)


@pytest.fixture
def two_modes(tmp_path: Path) -> Path:
    for step in range(4):
        mode = Mode.EVAL if step == 3 else Mode.TRAIN
        save(
            tmp_path,
            step,
            {"loss": step / 2, "a.weight": np.full((2, 3), step, "f4")},
            mode=mode,
            mode_step=0 if step == 3 else step,
        )
    (tmp_path / END).touch()
    return tmp_path


def test_steps_are_counted_over_all_and_within_a_mode(two_modes: Path) -> None:
    trial = open_trial(two_modes)

    assert trial.steps() == [0, 1, 2, 3]
    assert trial.steps("train") == [0, 1, 2]
    assert trial.steps(Mode.EVAL) == [0]
    assert trial.steps("PREDICT") == []
    assert trial.modes() == [Mode.TRAIN, Mode.EVAL]
    assert trial.global_step("EVAL", 0) == 3
    assert (trial.mode_of(3), trial.mode_step(3)) == (Mode.EVAL, 0)


def test_a_step_is_found_by_its_global_number_and_by_its_mode(two_modes: Path) -> None:
    tensor = open_trial(two_modes).tensor("a.weight")

    np.testing.assert_array_equal(tensor.value(3), np.full((2, 3), 3, "f4"))
    np.testing.assert_array_equal(tensor.value(0, "EVAL"), tensor.value(3))
    assert tensor.shape(0) == (2, 3)
    assert [float(value.mean()) for value in tensor.values("TRAIN").values()] == [0, 1, 2]
    assert tensor.prev_steps(2, 2) == [1, 2]


def test_a_value_is_a_writable_copy(two_modes: Path) -> None:
    trial = open_trial(two_modes)
    value = trial["a.weight"].value(1)

    value += 1

    assert float(trial["a.weight"].value(1).max()) == 1


def test_a_step_gives_views_that_cannot_be_written_to(two_modes: Path) -> None:
    value = open_trial(two_modes).step(1).tensors()["a.weight"].value()

    with pytest.raises(ValueError, match="read-only"):
        value += 1


def test_names_are_chosen_by_regex_collection_step_and_mode(two_modes: Path) -> None:
    save(two_modes, 4, {"only_here": 1.0}, mode_step=4)
    trial = open_trial(two_modes)

    assert trial.tensor_names() == ["a.weight", "loss", "only_here"]
    assert trial.tensor_names(regex="oss") == ["loss"]
    assert trial.tensor_names(regex=["^loss", r"\.weight$"]) == ["a.weight", "loss"]
    assert trial.tensor_names(collection="losses") == ["loss"]
    assert trial.tensor_names(collection="weights") == ["a.weight"]
    assert trial.tensor_names(collection="weights", regex="loss") == []
    assert trial.tensor_names(collection="nobody's") == []
    assert trial.tensor_names(step=4) == ["only_here"]
    assert trial.tensor_names(step=0, mode="EVAL") == ["a.weight", "loss"]
    assert trial.tensor_names(mode="EVAL") == ["a.weight", "loss"]
    assert trial.tensor_names(step=99) == []


def test_a_reduction_is_the_stored_one_or_computed(tmp_path: Path) -> None:
    save(
        tmp_path,
        0,
        {
            "both": [1.0, -3.0],
            reduction_tensor_name("both", "mean"): 42.0,
            reduction_tensor_name("reduced", "max", absolute=True): 7.0,
        },
    )
    trial = open_trial(tmp_path)

    assert trial.tensor_names() == ["both", "reduced"]
    assert trial["both"].reduction_value(0, "mean") == 42
    assert trial["both"].reduction_value(0, "mean", abs=True) == 2
    assert trial["both"].reduction_values(0) == {("mean", False): 42}
    assert trial["reduced"].reduction_value(0, "max", abs=True) == 7
    with pytest.raises(NotSaved, match="only reductions of it"):
        trial["reduced"].value(0)
    with pytest.raises(NotSaved):
        trial["reduced"].reduction_value(0, "max")


def test_a_step_waits_for_all_workers(tmp_path: Path) -> None:
    trial = unsettled(tmp_path)
    save(tmp_path, 0, {"w": 0}, workers=2)

    assert trial.steps() == []
    assert trial.steps(show_incomplete_steps=True) == [0]

    save(tmp_path, 0, {"w": 1}, worker="worker_1", workers=2)
    assert trial.steps() == [0]
    assert trial.step(0).workers == ["worker_0", "worker_1"]
    assert int(trial["w"].value(0, worker="worker_1")) == 1


def test_a_step_is_complete_when_a_later_one_is(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 0}, workers=2)
    for worker in ("worker_0", "worker_1"):
        save(tmp_path, 5, {"w": 5}, worker=worker, workers=2)
    save(tmp_path, 6, {"w": 6}, workers=2)

    assert unsettled(tmp_path).steps() == [0, 5]


def test_every_step_is_complete_when_the_job_has_ended(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 0}, workers=2)
    trial = unsettled(tmp_path)
    assert not trial.ended

    (tmp_path / END).touch()

    assert trial.ended
    assert trial.steps() == [0]


def test_of_too_many_incomplete_steps_the_older_half_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clary.debugger.trial.step_catalogue.WAIT_WINDOW", 4)
    for step in range(6):
        save(tmp_path, step, {"w": step}, workers=2)

    assert unsettled(tmp_path).steps() == [0, 1, 2]


def test_the_files_of_a_slow_worker_are_still_read(tmp_path: Path) -> None:
    trial = unsettled(tmp_path)
    save(tmp_path, 0, {"w": 0}, workers=2)
    for worker in ("worker_0", "worker_1"):
        save(tmp_path, 1, {"w": 1}, worker=worker, workers=2)
    assert trial.step(0).workers == ["worker_0"]

    save(tmp_path, 0, {"w": 9}, worker="worker_1", workers=2)
    trial.refresh()

    assert trial.step(0).workers == ["worker_0", "worker_1"]


def test_ten_workers_are_in_the_order_of_their_ranks(tmp_path: Path) -> None:
    for rank in (10, 2, 0):
        save(tmp_path, 0, {"w": rank}, worker=f"worker_{rank}", workers=3)

    assert open_trial(tmp_path).workers() == ["worker_0", "worker_2", "worker_10"]


def test_only_new_index_files_are_read(tmp_path: Path) -> None:
    read: list[str] = []

    class Counting(LocalFiles):
        def read(self, paths: Sequence[str]) -> list[bytes]:
            read.extend(path for path in paths if path.startswith("index"))
            return super().read(paths)

    save(tmp_path, 0, {"w": 0})
    save(tmp_path, 1000, {"w": 0})
    trial = Trial(Counting(str(tmp_path)), refresh_every_s=None)
    read.clear()

    save(tmp_path, 1001, {"w": 1})
    assert trial.refresh()
    assert not trial.refresh()

    assert read == [index_path(1001, "worker_0")]


def test_following_gives_each_step_once_until_the_end(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 0})
    coming = iter([lambda: save(tmp_path, 3, {"w": 3}), lambda: None, lambda: (tmp_path / END).touch()])
    trial = unsettled(tmp_path)

    steps = [step.step for step in trial.follow(wait=lambda _: next(coming)())]

    assert steps == [0, 3]


def test_following_starts_after_a_step_and_ends_when_stop_is_true(tmp_path: Path) -> None:
    for step in range(3):
        save(tmp_path, step, {"w": step})

    assert [step.step for step in unsettled(tmp_path).follow(after=0, stop=lambda: True)] == [1, 2]


def test_a_step_written_just_before_the_end_marker_is_found(tmp_path: Path) -> None:
    """The last step and the end marker appear between two searches of the reader."""

    class Late(LocalFiles):
        def ended(self) -> bool:
            was = super().ended()
            if not was:
                save(tmp_path, 1, {"w": 1})
                (tmp_path / END).touch()
            return was

    save(tmp_path, 0, {"w": 0})
    trial = Trial(Late(str(tmp_path)), refresh_every_s=None)

    assert [step.step for step in trial.follow(wait=lambda _: None)] == [0, 1]


def test_waiting_for_a_step(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 0})
    trial = unsettled(tmp_path, sleep=lambda _: save(tmp_path, 2, {"w": 2}))

    assert trial.wait_for_step(2)
    assert not trial.wait_for_step(1)
    assert not unsettled(tmp_path).wait_for_step(9, timeout_s=0)


def test_each_kind_of_missing_data_has_its_own_error(two_modes: Path) -> None:
    trial = open_trial(two_modes)

    with pytest.raises(NoSuchTensor, match=r"weight was not saved; there is a\.weight"):
        trial.tensor("weight")
    with pytest.raises(KeyError):
        trial["nothing"]
    with pytest.raises(StepUnavailable, match="step 9 was not saved; saved are 0, 1, 2, 3"):
        trial["loss"].value(9)
    with pytest.raises(NoSuchWorker, match="worker_0 did"):
        trial["loss"].value(0, worker="worker_7")
    with pytest.raises(ValueError, match="TRAIN, EVAL, PREDICT or GLOBAL"):
        trial.steps("night")
    save(two_modes, 4, {"other": 0})
    with pytest.raises(NotSaved, match="loss was not saved at step 4"):
        open_trial(two_modes)["loss"].value(4)


def test_a_step_may_still_come(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 0})

    with pytest.raises(NotYet):
        unsettled(tmp_path)["w"].value(1)


def test_no_folder_is_no_trial(tmp_path: Path) -> None:
    with pytest.raises(NoTrial, match="not a folder"):
        open_trial(tmp_path / "nowhere")


def test_an_empty_folder_is_a_trial_that_begins(tmp_path: Path) -> None:
    trial = unsettled(tmp_path)
    assert (trial.steps(), trial.workers(), trial.num_workers) == ([], [], None)

    save(tmp_path, 0, {"w": 0})

    assert (trial.steps(), trial.workers(), trial.num_workers) == ([0], ["worker_0"], 1)


def test_a_job_killed_before_its_collections_leaves_a_readable_trial(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 3})
    (tmp_path / collections_path("worker_0")).unlink()
    (tmp_path / END).touch()

    trial = open_trial(tmp_path)

    assert (trial.steps(), trial.workers()) == ([0], ["worker_0"])
    assert int(trial["w"].value(0)) == 3


def test_temporary_files_are_ignored(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 0})
    (tmp_path / (index_path(1, "worker_0") + ".tmp")).write_text("{")

    trial = open_trial(tmp_path)

    assert trial.steps() == [0]
    assert trial.problems == []


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        (lambda data: data[:-3], 0, "ends 3 bytes too early"),
        (lambda data: b"", 0, "bytes too early"),
        (lambda data: data[:8] + b"????" + data[12:], 8, "checksum of the length"),
        (lambda data: data[:-4] + b"\0\0\0\0", 83, "ends with 00000000"),
        (lambda data: data.replace(b"loss_output_0", b"loss_output_1"), 0, "the record says 'loss_output_1'"),
    ],
    ids=["truncated", "empty", "header", "footer", "another tensor"],
)
def test_the_error_of_a_corrupt_event_file_names_the_file_and_the_place(
    tmp_path: Path, change: Callable[[bytes], bytes], place: int, what: str
) -> None:
    save(tmp_path, 5, {"loss_output_0": np.float32(0.5)})
    path = tmp_path / event_path(5, "worker_0")
    path.write_bytes(change(path.read_bytes()))

    with pytest.raises(CorruptFile, match=what) as caught:
        open_trial(tmp_path)["loss_output_0"].value(5)

    assert caught.value.path == str(path)
    assert caught.value.offset == place
    assert f"{path} at byte {place}" in str(caught.value)


def test_a_corrupt_index_file_gives_one_warning_and_is_ignored(tmp_path: Path) -> None:
    for step in range(3):
        save(tmp_path, step, {"w": step})
    broken = tmp_path / index_path(1, "worker_0")
    broken.write_text(broken.read_text()[:-5])

    with pytest.warns(UserWarning, match=r"000000000001_worker_0\.json.*(char|delimiter)"):
        trial = unsettled(tmp_path)

    assert trial.steps() == [0, 2]
    assert [problem.path for problem in trial.problems] == [str(broken)]
    assert "1 broken files" in repr(trial)


def test_a_corrupt_collections_file_gives_a_warning(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 0})
    (tmp_path / collections_path("worker_0")).write_text("{}")
    (tmp_path / END).touch()

    with pytest.warns(UserWarning, match="worker_0_collections"):
        trial = open_trial(tmp_path)

    assert trial.steps() == [0]


def test_a_late_event_file_is_waited_for(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 3})
    path = tmp_path / event_path(0, "worker_0")
    content = path.read_bytes()
    path.unlink()

    trial = unsettled(tmp_path, sleep=lambda _: path.write_bytes(content))

    assert int(trial["w"].value(0)) == 3


@pytest.mark.parametrize("why", ["a later file is there", "the job has ended", "it takes too long"])
def test_an_event_file_that_will_not_come_is_not_waited_for(tmp_path: Path, why: str) -> None:
    for step in (0, 1):
        save(tmp_path, step, {"w": step})
    missing = 0 if why == "a later file is there" else 1
    (tmp_path / event_path(missing, "worker_0")).unlink()
    if why == "the job has ended":
        (tmp_path / END).touch()
    slept: list[float] = []
    trial = unsettled(tmp_path, sleep=slept.append, missing_file_wait_s=1.0)

    with pytest.raises(NotSaved, match="in the index and not there"):
        trial["w"].value(missing)

    assert len(slept) == (5 if why == "it takes too long" else 0)


def test_loading_many_at_once(two_modes: Path) -> None:
    tensors = open_trial(two_modes).step(2).tensors()

    loaded = tensors.load()

    assert set(loaded) == {"a.weight", "loss"}
    assert float(loaded["loss"]) == 1.0
    assert list(tensors.load(["loss", "missing"])) == ["loss"]


def test_a_folder_of_a_thousand_steps_and_the_next(tmp_path: Path) -> None:
    for step in (998, 999, 1000, 2001):
        save(tmp_path, step, {"w": step})

    assert open_trial(tmp_path).steps() == [998, 999, 1000, 2001]


def test_the_repr_of_a_trial_summarizes_it(two_modes: Path) -> None:
    text = repr(open_trial(two_modes))

    assert text == f"<Trial {two_modes}: 4 steps, 0 to 3; TRAIN/EVAL; 2 tensors; worker_0; ended>"
    assert repr(open_trial(two_modes)["loss"]) == "<Tensor loss: 4 steps, 0 to 3>"


def test_a_trial_behaves_like_a_mapping(two_modes: Path) -> None:
    trial = open_trial(two_modes)

    assert list(trial) == ["a.weight", "loss"]
    assert "loss" in trial
    assert "other" not in trial


def test_modes_of_smdebug_are_accepted(two_modes: Path) -> None:
    import enum

    class ModeKeys(enum.Enum):
        TRAIN = 1

    mode: Any = ModeKeys.TRAIN

    assert open_trial(two_modes).steps(mode) == [0, 1, 2]


def test_an_index_of_shapes_only_has_no_values(tmp_path: Path) -> None:
    save(tmp_path, 0, {"w": 0})
    document = {
        "meta": {"mode": "TRAIN", "mode_step": 1},
        "shape_payload": [{"tensorname": "x", "originalname": "x:0", "shape": [4]}],
    }
    (tmp_path / index_path(1, "worker_0")).write_text(json.dumps(document))
    trial = open_trial(tmp_path)

    assert trial["x"].shape(1) == (4,)
    with pytest.raises(NotSaved, match="only its shape"):
        trial["x"].value(1)
