from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from tests.debugger.rules.trials import Training, a_training

from clary.debugger.rules import TrialSource
from clary.debugger.rules.selection import Selection
from clary.debugger.tensors import Mode, reduction_tensor_name

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_each_step_is_returned_once_and_in_order(tmp_path: Path) -> None:
    source = TrialSource(str(tmp_path))
    training = Training(tmp_path)
    training.save(0, {"loss_output_0": 1.0})
    training.save(500, {"loss_output_0": 0.5}, mode=Mode.EVAL)

    first = list(source.poll())
    training.save(1000, {"loss_output_0": 0.25})
    training.end()
    second = list(source.poll())

    assert [(step.number, step.mode) for step in first] == [(0, "TRAIN"), (500, "EVAL")]
    assert [step.number for step in second] == [1000]
    assert source.ended


def test_the_folder_of_a_trial_may_be_created_later(tmp_path: Path) -> None:
    source = TrialSource(str(tmp_path / "later"))
    assert list(source.poll()) == []
    assert not source.ended

    a_training(tmp_path / "later", {"x": 1.0})

    assert len(list(source.poll())) == 1


def test_a_step_has_collections_mode_and_values(tmp_path: Path) -> None:
    a_training(tmp_path, {"gradient/w": [1.0, -2.0], "w.weight": [3.0]})

    (step,) = TrialSource(str(tmp_path)).poll()

    ((tensor, array),) = step.arrays(Selection(("gradients",)))
    assert (tensor.name, array.tolist(), tensor.measure("abs_mean")) == ("gradient/w", [1.0, -2.0], 1.5)


def test_reductions_belong_to_their_tensor(tmp_path: Path) -> None:
    a_training(tmp_path, {reduction_tensor_name("gradient/w", "mean", absolute=True): np.float32(0.5)})

    (step,) = TrialSource(str(tmp_path)).poll()

    (tensor,) = step.select(Selection(("gradients",)))
    assert (tensor.stored, tensor.array, tensor.measure("abs_mean")) == (frozenset({"abs_mean"}), None, 0.5)


def test_each_worker_has_its_tensors(tmp_path: Path) -> None:
    for rank in (0, 1):
        training = Training(tmp_path, worker=f"worker_{rank}", num_workers=2)
        training.save(0, {"x": float(rank)})
        training.end()

    (step,) = TrialSource(str(tmp_path)).poll()

    assert [(tensor.worker, tensor.measure("mean")) for tensor in step.tensors] == [
        ("worker_0", 0),
        ("worker_1", 1),
    ]


def test_the_classes_of_modules_are_read_if_they_were_saved(tmp_path: Path) -> None:
    (tmp_path / "clary_modules.json").write_text(json.dumps({"act": "ReLU"}))
    a_training(tmp_path, {"act_output_0": [0.0]})

    (step,) = TrialSource(str(tmp_path)).poll()

    assert step.names.module_class("act_output_0") == "relu"


def test_a_corrupt_tensor_does_not_hide_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_training(tmp_path, {"a": np.ones(3), "b": np.ones(3)})
    (file,) = tmp_path.glob("events/*/*.tfevents")
    content = bytearray(file.read_bytes())
    content[4] ^= 0xFF  # the checksum of the first record's length
    file.write_bytes(content)

    (step,) = TrialSource(str(tmp_path)).poll()

    assert {tensor.name: tensor.array is None for tensor in step.tensors} == {"a": True, "b": False}
    assert "a can't be read and is left out" in capsys.readouterr().err


def test_one_step_can_be_looked_up(tmp_path: Path) -> None:
    a_training(tmp_path, {"x": 1.0}, {"x": 2.0})
    source = TrialSource(str(tmp_path))

    step = source.step(1)

    assert step is not None
    assert step.tensors[0].measure("mean") == 2.0
    assert source.step(7) is None
