from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.debugger.plot.networks import keras, pytorch, recurrent, save

from clary.debugger import tensor_plot
from clary.debugger.plot import Frames, Picture, network_picture
from clary.debugger.plot.frame import ABSENT, MAX_HALF
from clary.debugger.trial import StepUnavailable, Trial


def parsed(content: bytes) -> tuple[dict[str, Any], np.ndarray]:
    length = int.from_bytes(content[:4], "little")
    assert (4 + length) % 4 == 0
    return json.loads(content[4 : 4 + length]), np.frombuffer(content, np.uint16, offset=4 + length)


def values(picture: Picture, halves: np.ndarray, name: str) -> np.ndarray:
    (layer,) = [layer for layer in picture.layers if layer.name == name]
    found = halves[layer.offset : layer.offset + layer.tiles.size].view(np.float16)
    return found.reshape(layer.tiles.count, layer.tiles.height, layer.tiles.width).astype(np.float32)


def shown(trial: Trial, step: int = 0, sample: int = 0) -> tuple[Picture, dict[str, Any], np.ndarray]:
    picture = network_picture(trial)
    head, halves = parsed(Frames(trial, picture).frame(step, sample))
    assert halves.size == picture.size
    return picture, head, halves


def test_values_are_those_of_the_sample(tmp_path: Path) -> None:
    tensors = pytorch()

    picture, _, halves = shown(save(tmp_path, tensors), sample=2)

    for name in ("conv1_output_0", "relu_output_0"):
        assert values(picture, halves, name) == pytest.approx(tensors[name][2], rel=1e-3, abs=1e-6)
    assert values(picture, halves, "fc_output_0").reshape(-1) == pytest.approx(
        tensors["fc_output_0"][2], rel=1e-3
    )


def test_channels_last_are_moved_to_the_front(tmp_path: Path) -> None:
    tensors = keras()

    picture, _, halves = shown(save(tmp_path, tensors, keras=True), sample=1)

    expected = np.moveaxis(tensors["conv2d/outputs"][1], -1, 0)
    assert values(picture, halves, "conv2d/outputs") == pytest.approx(expected, rel=1e-3, abs=1e-6)
    image = np.moveaxis(tensors["model_input"][1], -1, 0)
    assert values(picture, halves, "model_input") == pytest.approx(image, rel=1e-3, abs=1e-6)


def test_the_batch_may_be_another_axis_than_the_first(tmp_path: Path) -> None:
    tensors = recurrent()

    picture, _, halves = shown(save(tmp_path, tensors), sample=2)

    assert values(picture, halves, "lstm_output_1").reshape(-1) == pytest.approx(
        tensors["lstm_output_1"][0, 2], rel=1e-3, abs=1e-6
    )


def test_the_head_has_the_prediction_and_the_label(tmp_path: Path) -> None:
    tensors = pytorch()

    _, head, _ = shown(save(tmp_path, tensors), sample=3)

    assert head["predicted"] == str(int(np.argmax(tensors["fc_output_0"][3])))
    assert head["label"] == "3"
    assert (head["step"], head["sample"], head["samples"]) == (0, 3, 4)


def test_a_few_outliers_do_not_set_the_scale(tmp_path: Path) -> None:
    tensors = pytorch()
    tensors["conv1_output_0"] = np.linspace(-1, 1, 4 * 3 * 6 * 6, dtype=np.float32).reshape(4, 3, 6, 6)
    tensors["conv1_output_0"][0] = np.linspace(-1, 1, 108).reshape(3, 6, 6)
    tensors["conv1_output_0"][0, 0, 0, 0] = 1e4
    big = np.tile(tensors["conv1_output_0"], (1, 10, 1, 1))
    big[0, 1:, 0, 0] = 0.5
    tensors["conv1_output_0"] = big

    picture, head, _ = shown(save(tmp_path, tensors))

    at = [layer.name for layer in picture.layers].index("conv1_output_0")
    assert head["scales"][at] == pytest.approx(1, abs=0.05)
    assert head["highs"][at] == 1e4


def test_nan_and_infinity_are_kept_and_counted(tmp_path: Path) -> None:
    tensors = pytorch()
    tensors["conv1_output_0"][0, 0, 0, :3] = [np.nan, np.inf, 1e9]

    picture, head, halves = shown(save(tmp_path, tensors))

    first = values(picture, halves, "conv1_output_0")[0, 0]
    assert np.isnan(first[0])
    assert first[1] == np.inf
    assert first[2] == MAX_HALF
    assert head["non_finite"] == [0, 2, 0, 0]


def test_a_layer_of_zeros_has_a_scale(tmp_path: Path) -> None:
    tensors = {**pytorch(), "conv1_output_0": np.zeros((4, 3, 6, 6), np.float32)}

    _, head, _ = shown(save(tmp_path, tensors))

    assert head["scales"][1] == 1


def test_tensors_that_a_step_did_not_save_are_absent(tmp_path: Path) -> None:
    less = pytorch(1)
    del less["relu_output_0"]
    trial = save(tmp_path, less, pytorch())
    picture = network_picture(trial)

    _, halves = parsed(Frames(trial, picture).frame(0))

    layer = picture.layers[2]
    assert layer.name == "relu_output_0"
    assert (halves[layer.offset : layer.offset + layer.tiles.size] == ABSENT).all()
    assert (halves[: layer.offset] != ABSENT).all()


def test_a_smaller_batch_shows_its_last_sample(tmp_path: Path) -> None:
    last = pytorch(1, samples=2)
    trial = save(tmp_path, last, pytorch())
    picture = network_picture(trial)

    head, halves = parsed(Frames(trial, picture).frame(0, 3))

    assert (head["sample"], head["samples"]) == (1, 2)
    assert values(picture, halves, "conv1_output_0") == pytest.approx(
        last["conv1_output_0"][1], rel=1e-3, abs=1e-6
    )


def test_a_step_that_was_not_saved_is_refused(tmp_path: Path) -> None:
    trial = save(tmp_path, pytorch())

    with pytest.raises(StepUnavailable):
        Frames(trial, network_picture(trial)).frame(9)


def test_frames_are_cached_up_to_a_size(tmp_path: Path) -> None:
    trial = save(tmp_path, *(pytorch(seed) for seed in range(4)))
    picture = network_picture(trial)
    one = len(Frames(trial, picture).frame(0))
    frames = Frames(trial, picture, cache_bytes=2 * one + one // 2)
    first = frames.frame(0)
    frames.frame(1)

    assert frames.frame(0) is first

    frames.frame(2)
    frames.frame(3)
    assert frames.frame(0) is not first
    assert frames.frame(0) == first


def test_a_sample_is_followed_through_shuffled_batches(tmp_path: Path) -> None:
    last, before = pytorch(), pytorch(1)
    shuffled = [2, 0, 3, 1]
    before["Net_input_0"] = last["Net_input_0"][shuffled]
    plot = tensor_plot(save(tmp_path, before, pytorch(2), last))

    found, elsewhere, own = (head_of(plot.frame(step, 3)) for step in (0, 1, 2))

    assert (found["batch_index"], found["same"]) == (2, True)
    assert found["predicted"] == str(int(np.argmax(before["fc_output_0"][2])))
    assert (elsewhere["batch_index"], elsewhere["same"]) == (3, False)
    assert (own["batch_index"], own["same"]) == (3, True)


def test_without_the_networks_input_the_sample_is_not_identified(tmp_path: Path) -> None:
    steps = [
        {name: value for name, value in pytorch(seed).items() if "_input_" not in name} for seed in (0, 1)
    ]

    plot = tensor_plot(save(tmp_path, *steps))

    assert head_of(plot.frame(0, 1))["same"] is None


def head_of(frame: bytes) -> dict[str, Any]:
    head: dict[str, Any] = json.loads(frame[4 : 4 + int.from_bytes(frame[:4], "little")])
    return head
