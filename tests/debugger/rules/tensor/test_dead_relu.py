from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, names

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.tensor.dead_relu import DeadRelu


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def dense_outputs(weights: np.ndarray) -> np.ndarray:
    images = np.random.default_rng(0).normal(size=(100, 16))
    return relu(images @ weights)


def test_a_layer_of_zero_weights_is_dead() -> None:
    step = a_step(0, {"dense0_relu_output_0": dense_outputs(np.zeros((16, 10)))})

    (finding,) = found_by(DeadRelu(), step)

    assert (finding.value, finding.threshold) == (100.0, 50.0)


def test_a_layer_of_xavier_weights_is_alive() -> None:
    xavier = np.random.default_rng(1).uniform(-1, 1, (16, 10)) * np.sqrt(6 / 26)

    assert fired(DeadRelu(), [a_step(0, {"dense0_relu_output_0": dense_outputs(xavier)})]) == []


def test_a_batch_of_one_sample_cannot_show_a_dead_unit() -> None:
    off = np.tile([0.0, 0.0, 1.0], (1, 5))

    assert fired(DeadRelu(), [a_step(0, {"relu_output_0": off})]) == []
    assert fired(DeadRelu(), [a_step(0, {"relu_output_0": np.repeat(off, 4, axis=0)})]) == [0]


def test_half_of_the_units_dead_is_not_yet_too_many() -> None:
    half = np.tile([0.0, 1.0], (8, 5))
    most = half.copy()
    most[:, 1] = 0

    assert fired(DeadRelu(), [a_step(0, {"relu_output_0": half})]) == []
    assert fired(DeadRelu(), [a_step(0, {"relu_output_0": most})]) == [0]


def test_a_unit_of_a_convolution_is_a_channel() -> None:
    maps = np.zeros((2, 4, 8, 8))
    maps[0, :, 3, 3] = 1.0  # each channel fires at 1 of 128 positions: 0.78%, less than 1

    assert fired(DeadRelu(), [a_step(0, {"relu_output_0": maps})]) == [0]
    assert fired(DeadRelu(threshold_inactivity=0.5), [a_step(0, {"relu_output_0": maps})]) == []


def test_pytorch_modules_are_found_by_their_class() -> None:
    known = names(modules={"layer1.0.act": "ReLU", "head": "Linear"})
    dead = {"layer1.0.act_output_0": np.zeros((4, 3)), "head_output_0": np.zeros((4, 3))}

    found = found_by(DeadRelu(), a_step(0, dead, known=known))

    assert [finding.tensor for finding in found] == ["layer1.0.act_output_0"]


def test_a_custom_regex_replaces_the_default_selection() -> None:
    known = names(modules={"act": "ReLU"})
    dead = {"act_output_0": np.zeros((4, 3)), "mine": np.zeros((4, 3))}

    found = found_by(build_rule(DeadRelu, {"tensor_regex": "mine"}), a_step(0, dead, known=known))

    assert [finding.tensor for finding in found] == ["mine"]


def test_a_share_above_100_percent_is_refused() -> None:
    with pytest.raises(RuleParameterError, match=r"'threshold_layer' is 150\.0; give a number from 0 to 100"):
        build_rule(DeadRelu, {"threshold_layer": "150"})


@pytest.mark.parametrize(
    ("name", "modules", "shape", "dead_axis"),
    [
        ("act_output_0", {"fc": "Linear", "act": "ReLU"}, (4, 5, 10), 2),
        ("act_output_0", {"conv": "Conv1d", "act": "ReLU"}, (4, 10, 5), 1),
        ("act_output_0", {"patches": "Conv2d", "fc": "Linear", "act": "ReLU"}, (4, 5, 10), 2),
        ("relu_output_0", {}, (4, 10, 5), 1),
        ("act_output_0", {"fc": "Linear", "act": "ReLU"}, (4, 10, 5, 5), 1),
        ("dense/relu_output", {"conv": "Conv1D"}, (4, 5, 10), 2),
        ("conv/relu_output_1", {}, (4, 5, 5, 10), 3),
    ],
    ids=["linear", "conv1d", "behind patches", "unknown", "conv2d", "keras dense", "keras conv"],
)
def test_the_axis_of_the_units_depends_on_the_layer(
    name: str, modules: dict[str, str], shape: tuple[int, ...], dead_axis: int
) -> None:
    known = names(modules=modules)
    by_unit = np.moveaxis(np.ones(shape), dead_axis, 0).copy()
    by_unit[:6] = 0  # six units of ten are dead, and at each position four are alive

    (finding,) = found_by(DeadRelu(), a_step(0, {name: np.moveaxis(by_unit, 0, dead_axis)}, known=known))

    assert finding.value == 60.0
