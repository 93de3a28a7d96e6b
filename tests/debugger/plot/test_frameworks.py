"""Pictures of trials that our hooks save in the real frameworks."""

from __future__ import annotations

import numpy as np
from tests.debugger.capture.conftest import KERAS_3, MXNET, TORCH, Run, image_python, run

from clary.debugger.plot import Frames, Picture, network_picture
from clary.debugger.trial import Trial

__all__ = ["run"]  # the fixture


def answers(trial: Trial, picture: Picture) -> None:
    """Every step and sample has a frame in which all values are present."""
    frames = Frames(trial, picture)
    for step in picture.steps:
        for sample in range(picture.samples):
            halves = np.frombuffer(frames.frame(step.step, sample)[-2 * picture.size :], np.uint16)
            assert (halves != 0xFFFF).all()


def test_a_gluon_network(run: Run) -> None:
    trial = run(image_python(MXNET), "gluon_loop.py").trial

    picture = network_picture(trial)

    assert [(layer.name, layer.kind, layer.tiles.count) for layer in picture.layers] == [
        ("hybridsequential0_input_0", "image", 1),
        ("conv0_relu_output_0", "maps", 4),
        ("pool0_output_0", "maps", 4),
        ("flatten0_output_0", "units", 36),
        ("dense0_relu_output_0", "units", 16),
        ("dense1_output_0", "units", 3),
    ]
    assert (picture.prediction, picture.label) == ("dense1_output_0", "softmaxcrossentropyloss0_input_1")
    answers(trial, picture)


def test_a_pytorch_network(run: Run) -> None:
    trial = run(image_python(TORCH), "torch_loop.py").trial

    picture = network_picture(trial, mode="TRAIN")

    assert [layer.name for layer in picture.layers] == [
        "Net_input_0",
        "fc_output_0",
        "relu_output_0",
        "out_output_0",
    ]
    assert [layer.module for layer in picture.layers] == ["", "Linear", "ReLU", "Linear"]
    assert (picture.prediction, picture.label) == ("out_output_0", "CrossEntropyLoss_input_1")
    answers(trial, picture)


def test_the_concatenations_of_a_dense_net_are_connections(run: Run) -> None:
    trial = run(image_python(TORCH), "torch_dense_net.py").trial

    picture = network_picture(trial)

    names = [layer.name for layer in picture.layers]
    found = {(names[source], names[target]) for source, target in picture.connections}
    outputs = ["stem_output_0", *(f"block.{number}.conv_output_0" for number in range(3))]
    for number in range(1, 3):
        norm = f"block.{number}.norm_output_0"
        assert {source for source, target in found if target == norm} == set(outputs[: number + 1])
    answers(trial, picture)


def test_a_keras_network(run: Run) -> None:
    trial = run(image_python(KERAS_3), "keras_loop.py").trial

    picture = network_picture(trial)

    assert picture.channels_last
    assert picture.layers[0].name == "model_input"
    assert [layer.tiles.count for layer in picture.layers] == [8, 16, 3]
    assert (picture.prediction, picture.label) == ("second/outputs", "labels")
    answers(trial, picture)
