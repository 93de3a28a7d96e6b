from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.debugger.plot.networks import Tensors, gluon, keras, pytorch, recurrent, save

from clary.debugger.plot import NothingToDraw, Picture, network_picture
from clary.debugger.tensors import Mode


def layers(picture: Picture) -> list[tuple[Any, ...]]:
    return [
        (layer.name, layer.kind, layer.tiles.count, layer.tiles.height, layer.tiles.width)
        for layer in picture.layers
    ]


def test_a_pytorch_network_is_drawn_in_forward_order(tmp_path: Path) -> None:
    picture = network_picture(save(tmp_path, pytorch()))

    assert layers(picture) == [
        ("Net_input_0", "image", 1, 8, 8),
        ("conv1_output_0", "maps", 3, 6, 6),
        ("relu_output_0", "maps", 3, 6, 6),
        ("fc_output_0", "units", 5, 1, 1),
    ]
    assert (picture.samples, picture.label) == (4, "CrossEntropyLoss_input_1")
    assert picture.prediction == "fc_output_0"


def test_a_gluon_network_is_drawn_in_forward_order(tmp_path: Path) -> None:
    picture = network_picture(save(tmp_path, gluon()))

    assert layers(picture) == [
        ("hybridsequential0_input_0", "image", 1, 8, 8),
        ("conv0_relu_output_0", "maps", 4, 6, 6),
        ("dense0_output_0", "units", 3, 1, 1),
    ]
    assert picture.label == "softmaxcrossentropyloss0_input_1"


def test_a_keras_network_has_its_channels_last(tmp_path: Path) -> None:
    picture = network_picture(save(tmp_path, keras(), keras=True))

    assert layers(picture) == [
        ("model_input", "image", 3, 8, 6),
        ("conv2d/outputs", "maps", 5, 6, 4),
        ("dense/outputs", "units", 4, 1, 1),
    ]
    assert (picture.prediction, picture.label) == ("dense/outputs", "labels")


def test_sequences_are_drawn_too(tmp_path: Path) -> None:
    picture = network_picture(save(tmp_path, recurrent()))

    assert layers(picture)[:3] == [
        ("Tagger_input_0", "units", 7, 1, 1),
        ("embed_output_0", "sequence", 1, 7, 6),
        ("lstm_output_0", "sequence", 1, 7, 4),
    ]
    assert [layer.batch_axis for layer in picture.layers if layer.name == "lstm_output_1"] == [1]
    assert picture.layers[0].title == "input"


def test_the_values_of_layers_are_consecutive(tmp_path: Path) -> None:
    picture = network_picture(save(tmp_path, pytorch()))

    assert [layer.offset for layer in picture.layers] == [0, 64, 64 + 108, 64 + 216]
    assert picture.size == 64 + 216 + 5


def test_a_regex_selects_layers_but_not_the_prediction(tmp_path: Path) -> None:
    picture = network_picture(save(tmp_path, pytorch()), "relu")

    assert [layer.name for layer in picture.layers] == ["Net_input_0", "relu_output_0"]
    assert picture.prediction == "fc_output_0"


def test_the_title_of_a_layer_called_twice_has_the_call(tmp_path: Path) -> None:
    tensors = {**pytorch(), "relu_output_1": np.ones((4, 3, 2, 2), np.float32)}

    titles = [layer.title for layer in network_picture(save(tmp_path, tensors), "relu").layers]

    assert titles == ["input", "relu (1)", "relu (2)"]


def test_the_title_of_a_numbered_module_has_its_class(tmp_path: Path) -> None:
    trial = save(tmp_path, {"body.0_output_0": np.ones((2, 3), np.float32)})
    (tmp_path / "clary_modules.json").write_text(json.dumps({"body.0": "Linear"}))

    (layer,) = network_picture(trial).layers

    assert (layer.title, layer.module) == ("body.0 Linear", "Linear")


@pytest.mark.parametrize(
    "name", ["Net_relu_output_0", "dense/relu_output", "dense/outputs", "dense/outputs:1"]
)
def test_activations_are_found_by_the_names_of_every_framework(name: str, tmp_path: Path) -> None:
    picture = network_picture(save(tmp_path, {name: np.ones((2, 3), np.float32)}))

    assert [layer.name for layer in picture.layers] == [name]


def test_steps_without_activations_are_left_out(tmp_path: Path) -> None:
    weights = {"Net_conv1.weight": np.ones((3, 1, 3, 3), np.float32)}
    trial = save(tmp_path, pytorch(), weights, pytorch(1), modes=(Mode.TRAIN, Mode.TRAIN, Mode.EVAL))

    picture = network_picture(trial)

    assert [(moment.step, moment.mode) for moment in picture.steps] == [(0, "TRAIN"), (2, "EVAL")]
    assert picture.step == 2
    assert [moment.step for moment in network_picture(trial, mode=Mode.TRAIN).steps] == [0]


def test_given_names_are_used(tmp_path: Path) -> None:
    tensors: Tensors = {**pytorch(), "heatmap": np.ones((4, 9, 9), np.float32), "truth": np.ones(4)}

    picture = network_picture(
        save(tmp_path, tensors), image="heatmap", prediction="relu_output_0", label="truth", title="digits"
    )

    assert picture.layers[0].name == "heatmap"
    assert (picture.prediction, picture.label, picture.title) == ("relu_output_0", "truth", "digits")


def test_an_input_is_found_where_no_image_is(tmp_path: Path) -> None:
    hidden = np.ones((4, 6), np.float32)
    table = np.zeros((4, 13), np.float32)
    tensors = {
        "dense0_relu_input_0": hidden - 2,
        "dense0_relu_output_0": hidden,
        "dense0_input_0": table,
        "dense0_output_0": hidden,
        "sequential0_input_0": table,
        "sequential0_output_0": hidden,
    }

    assert network_picture(save(tmp_path, tensors)).layers[0].name == "sequential0_input_0"


def test_an_image_is_found_where_the_outermost_module_was_not_captured(tmp_path: Path) -> None:
    tensors = {name: value for name, value in pytorch().items() if not name.startswith("Net_")}

    assert network_picture(save(tmp_path, tensors)).layers[0].name == "conv1_input_0"


def test_the_layers_are_drawn_without_an_input_too(tmp_path: Path) -> None:
    picture = network_picture(save(tmp_path, {"a_output_0": np.ones((2, 3)), "b_output_0": np.zeros((2, 3))}))

    assert not picture.has_input
    assert [layer.name for layer in picture.layers] == ["a_output_0", "b_output_0"]


def test_the_error_of_a_trial_without_activations_says_how_to_capture_them(tmp_path: Path) -> None:
    trial = save(tmp_path, {"Net_fc.weight": np.ones((2, 2))})

    with pytest.raises(NothingToDraw, match="include_regex"):
        network_picture(trial)


def test_the_error_of_a_regex_without_a_match_lists_the_activations(tmp_path: Path) -> None:
    with pytest.raises(NothingToDraw, match="conv1_output_0, fc_output_0"):
        network_picture(save(tmp_path, pytorch()), "softmax")


def test_the_error_of_a_missing_step_lists_the_steps(tmp_path: Path) -> None:
    with pytest.raises(NothingToDraw, match="these steps have one: 0, 1"):
        network_picture(save(tmp_path, pytorch(), pytorch(1)), step=7)


def test_a_name_that_was_not_saved_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToDraw, match="Net_inptu_0 was not saved at step 0"):
        network_picture(save(tmp_path, pytorch()), image="Net_inptu_0")


def test_the_title_is_the_jobs_name(tmp_path: Path) -> None:
    own = save(tmp_path / "digits-7/debug-output", pytorch())
    bare = save(tmp_path / "tensors", pytorch())

    assert network_picture(own).title == "digits-7"
    assert network_picture(bare).title == "tensors"


@pytest.mark.parametrize(
    ("loss", "binary"),
    [("BCEWithLogitsLoss_output_0", "logit"), ("BCELoss_output_0", "probability"), ("MSELoss_output_0", "")],
)
def test_the_loss_gives_the_meaning_of_a_single_score(loss: str, binary: str, tmp_path: Path) -> None:
    tensors = {name: value for name, value in pytorch().items() if "CrossEntropy" not in name}

    assert network_picture(save(tmp_path, {**tensors, loss: np.float32(1)})).binary == binary
