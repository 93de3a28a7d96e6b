from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, names

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.tensor.saturated_activation import SaturatedActivation


@pytest.mark.parametrize(
    ("name", "value", "fires"),
    [
        ("a_tanh_input_0", 9.4, False),
        ("a_tanh_input_0", 9.5, True),
        ("a_tanh_input_0", -9.5, True),
        ("a_sigmoid_input_0", 16.9, False),
        ("a_sigmoid_input_0", 17.0, True),
        ("a_sigmoid_input_0", -22.9, False),
        ("a_sigmoid_input_0", -23.0, True),
        ("a_relu_input_0", 99.0, False),
    ],
)
def test_the_bounds_of_each_function(name: str, value: float, fires: bool) -> None:
    steps = [a_step(0, {name: np.full((4, 6), value)})]

    assert bool(fired(SaturatedActivation(), steps)) is fires


def test_half_of_the_units_saturated_is_not_yet_too_many() -> None:
    half = np.tile([0.0, 20.0], (5, 3))
    most = half.copy()
    most[:, 0] = 20.0

    assert fired(SaturatedActivation(), [a_step(0, {"tanh_input": half})]) == []
    assert fired(SaturatedActivation(), [a_step(0, {"tanh_input": most})]) == [0]


def test_a_unit_in_range_for_one_sample_in_a_hundred_is_not_saturated() -> None:
    values = np.full((100, 2), 50.0)
    values[0] = 0.0

    assert fired(SaturatedActivation(), [a_step(0, {"tanh_input": values})]) == []


def test_pytorch_modules_are_found_by_their_class() -> None:
    known = names(modules={"gate": "Sigmoid"})
    steps = [
        a_step(0, {"gate_input_0": np.full((4, 2), 18.0), "gate_output_0": np.full((4, 2), 1.0)}, known=known)
    ]

    assert fired(SaturatedActivation(), steps) == [0]


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(
        RuleParameterError, match=r"'threshold_tanh_min' is 10\.0; give less than threshold_tanh_max"
    ):
        build_rule(SaturatedActivation, {"threshold_tanh_min": "10"})


def test_units_of_dense_layers_over_sequences_are_features() -> None:
    known = names(modules={"fc": "Linear", "gate": "Tanh"})
    values = np.zeros((4, 5, 10))
    values[..., :6] = 50.0

    for name in ("gate_input_0", "dense/tanh_input"):
        assert fired(SaturatedActivation(), [a_step(0, {name: values}, known=known)]) == [0]
