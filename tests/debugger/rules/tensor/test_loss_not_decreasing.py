"""The two series of the public tests, and the cases in which we follow the documentation instead.

With ``diff_percent=20`` and .30 .33 .31 .30 .28 .20 .42 at steps 0 to 24, the original fired at 24 alone:
it seems to have compared ``L_s >= L_p * (1 + diff_percent / 100)``. The documentation says that the loss has
to fall by diff_percent, and at step 12 it fell by nothing; so ours fires at 12, as the original by default.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, losses, names

from clary.debugger.rules import RuleConfigurationError, RuleParameterError, RuleStep, build_rule
from clary.debugger.rules.tensor.loss_not_decreasing import LossNotDecreasing

FLAT_THEN_FALLING = [0.30, 0.33, 0.31, 0.30, 0.28]
RISING_AT_THE_END = [0.30, 0.33, 0.31, 0.30, 0.28, 0.20, 0.42]


@pytest.mark.parametrize(
    "parameters",
    [{}, {"tensor_regex": "loss, losses"}, {"collection_names": "losses", "use_losses_collection": "False"}],
)
def test_the_default_series_fires_first_at_step_12(parameters: dict[str, str]) -> None:
    rule = build_rule(LossNotDecreasing, parameters)

    assert fired(rule, losses(FLAT_THEN_FALLING, every=4)) == [12]
    assert fired(rule, losses(FLAT_THEN_FALLING, every=4), start_step=13) == []


def test_a_rise_at_the_end_fires_at_24_as_in_the_original() -> None:
    assert 24 in fired(LossNotDecreasing(diff_percent=20), losses(RISING_AT_THE_END, every=4))


def test_a_fall_of_less_than_diff_percent_fires_as_documented() -> None:
    assert fired(LossNotDecreasing(diff_percent=20), losses(RISING_AT_THE_END, every=4)) == [12, 24]


def test_it_compares_at_least_num_steps_apart_and_then_waits_as_long() -> None:
    # Saved every 3 steps from 9 on: 21 is compared with 9, and the next comparison is 33 with 21.
    series = losses([1.0] * 10, every=3, start=9)
    steps = [a_step(s.number, {"loss_output_0": 1.0}, known=s.names, mode="TRAIN") for s in series]

    assert fired(LossNotDecreasing(), steps) == [21, 33]


def test_a_small_rise_is_tolerated_and_a_larger_one_is_not() -> None:
    assert fired(LossNotDecreasing(num_steps=1), losses([1.00, 1.04])) == []
    (finding,) = found_by(LossNotDecreasing(num_steps=1), *losses([1.00, 1.06]))
    assert (round(finding.value), finding.threshold) == (-6, -5.0)


def test_a_falling_loss_is_silent() -> None:
    assert fired(LossNotDecreasing(num_steps=1), losses([1.0, 0.9, 0.8])) == []


def test_a_loss_that_becomes_nan_fires() -> None:
    assert fired(LossNotDecreasing(num_steps=1), losses([1.0, math.nan])) == [1]


def test_the_validation_loss_is_preferred_to_the_training_loss() -> None:
    rising_in_training = [
        (0, "TRAIN", 1.0),
        (1, "EVAL", 0.9),
        (2, "TRAIN", 2.0),
        (3, "EVAL", 0.8),
        (4, "TRAIN", 3.0),
    ]
    still_in_validation = [
        (0, "TRAIN", 3.0),
        (1, "EVAL", 1.0),
        (2, "TRAIN", 2.0),
        (3, "EVAL", 1.0),
        (4, "TRAIN", 1.0),
    ]

    assert fired(LossNotDecreasing(num_steps=2), _in_modes(rising_in_training)) == []
    assert fired(LossNotDecreasing(num_steps=2), _in_modes(still_in_validation)) == [3]


def test_the_mode_can_be_chosen() -> None:
    rising_in_training = [
        (0, "TRAIN", 1.0),
        (1, "EVAL", 0.9),
        (2, "TRAIN", 2.0),
        (3, "EVAL", 0.8),
        (4, "TRAIN", 3.0),
    ]

    assert fired(LossNotDecreasing(num_steps=2, mode="TRAIN"), _in_modes(rising_in_training)) == [2, 4]


def test_the_batches_of_one_validation_pass_are_not_compared_with_each_other() -> None:
    known = names({"losses": ["loss"]})
    batches = [0.1, 0.9, 0.2, 0.8, 0.5]
    passes = [
        a_step(10 * epoch + i, {"loss_output_0": value}, known=known, mode="EVAL", mode_step=5 * epoch + i)
        for epoch, factor in ((1, 1.0), (2, 0.9), (3, 0.8))
        for i, value in enumerate(np.array(batches) * factor)
    ]
    training = [
        a_step(10 * e + 9, {"loss_output_0": 1.0}, known=known, mode="TRAIN", mode_step=e) for e in range(3)
    ]
    steps = sorted([*passes, *training], key=lambda step: step.number)

    assert fired(LossNotDecreasing(num_steps=1), steps) == []


def test_a_loss_per_sample_counts_by_its_mean() -> None:
    known = names({"losses": ["loss"]})
    steps = [a_step(i, {"loss_output_0": np.array([0.0, 2.0])}, known=known) for i in (0, 10)]

    assert fired(LossNotDecreasing(), steps) == [10]


def test_named_tensors_must_be_scalars() -> None:
    rule = LossNotDecreasing(tensor_regex=("weight",), use_losses_collection=False)

    assert fired(rule, [a_step(i, {"weight": np.ones(5)}) for i in (0, 10)]) == []


def test_a_configuration_without_any_losses_is_refused() -> None:
    with pytest.raises(RuleConfigurationError, match="'tensor_regex'"):
        build_rule(LossNotDecreasing, {"use_losses_collection": "False"})


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'mode' is 'VALIDATE'; give one of EVAL, TRAIN"):
        build_rule(LossNotDecreasing, {"mode": "VALIDATE"})


def _in_modes(losses_by_step: list[tuple[int, str, float]]) -> list[RuleStep]:
    known = names({"losses": ["loss"]})
    return [
        a_step(step, {"loss_output_0": loss}, known=known, mode=mode) for step, mode, loss in losses_by_step
    ]
