from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, losses, names

from clary.debugger.rules import RuleParameterError, RuleStep, build_rule
from clary.debugger.rules.tensor.poor_weight_initialization import PoorWeightInitialization

KNOWN = names({"gradients": ["^gradient"], "losses": ["loss"]}, modules={"net.act": "Tanh"})


def inputs(first: float, second: float) -> RuleStep:
    values = np.random.default_rng(0).normal(size=(50, 8))
    return a_step(0, {"a_relu_input_0": values * first, "b_relu_input_0": values * second}, known=KNOWN)


def test_layers_of_very_unlike_variance_are_found() -> None:
    (finding,) = found_by(PoorWeightInitialization(), inputs(1, 4))

    assert (finding.tensor, finding.threshold) == ("b_relu_input_0", 10.0)
    assert finding.value == pytest.approx(16)


def test_layers_of_like_variance_are_not() -> None:
    assert fired(PoorWeightInitialization(), [inputs(1, 3)]) == []


def test_activation_inputs_are_found_by_module_class() -> None:
    values = np.random.default_rng(0).normal(size=(50, 8))
    step = a_step(0, {"a_relu_input_0": values, "net.act_input_0": values * 9}, known=KNOWN)

    assert [finding.tensor for finding in found_by(PoorWeightInitialization(), step)] == ["net.act_input_0"]


def test_the_narrowest_gradient_is_named() -> None:
    spread = np.linspace(-1, 1, 100)
    step = a_step(
        0, {"gradient/a": spread, "gradient/b": spread * 1e-4, "gradient/c": spread * 1e-5}, known=KNOWN
    )

    (finding,) = found_by(PoorWeightInitialization(), step)

    assert finding.tensor == "gradient/c"
    assert finding.value == pytest.approx(1.8e-5)


def test_the_gradient_of_a_single_element_has_no_spread_to_judge() -> None:
    step = a_step(0, {"gradient/head.bias": [0.3], "gradient/a": np.linspace(-1, 1, 100)}, known=KNOWN)

    assert found_by(PoorWeightInitialization(), step) == []


def test_a_loss_that_does_not_start_to_fall_is_found() -> None:
    assert fired(PoorWeightInitialization(), losses([2.3] * 8)) == [5, 6, 7]


def test_a_falling_loss_is_silent() -> None:
    assert fired(PoorWeightInitialization(), losses([2.3, 2.2, 2.25, 2.1, 2.0, 1.9, 1.95])) == []


def test_only_the_first_steps_count() -> None:
    late = [*losses([10.0 - i for i in range(10)]), *losses([5.0] * 20, start=10)]

    assert fired(PoorWeightInitialization(), late) == []


def test_validation_steps_do_not_count() -> None:
    assert fired(PoorWeightInitialization(), losses([2.3] * 8, mode="EVAL")) == []


def test_patience_below_one_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'patience' is 0; give 1 or more"):
        build_rule(PoorWeightInitialization, {"patience": "0"})
