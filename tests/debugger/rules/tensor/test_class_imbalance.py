from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.tensor.class_imbalance import ClassImbalance

BALANCED = np.arange(500) % 2


def test_990_to_10_fires_at_its_step() -> None:
    labels = np.zeros(1000)
    labels[-10:] = 1
    rule = build_rule(ClassImbalance, {"labels_regex": "labels_0", "predictions_regex": "labels_0"})

    (finding,) = found_by(rule, a_step(3, {"labels_0": labels}))

    assert (finding.step, finding.value, finding.threshold) == (3, 99.0, 10.0)


def test_labels_add_up_over_steps_until_there_are_enough() -> None:
    steps = [a_step(i, {"labels": np.repeat([0, 1], [190, 10])}) for i in range(3)]

    assert fired(ClassImbalance(), steps) == [2]


def test_balanced_validation_data_do_not_hide_the_training_data() -> None:
    rare = np.repeat([0, 1], [480, 20])
    steps = [
        a_step(0, {"labels": rare}, mode="TRAIN"),
        *(a_step(step, {"labels": BALANCED}, mode="EVAL") for step in (1, 2)),
    ]

    assert fired(ClassImbalance(), steps) == [0]
    assert fired(ClassImbalance(), [steps[1], steps[0]]) == [0]
    assert fired(ClassImbalance(), steps[1:]) == []


def test_balanced_labels_that_are_predicted_well_are_silent() -> None:
    assert fired(ClassImbalance(), [a_step(0, {"labels": BALANCED, "predictions": BALANCED})]) == []


def test_a_class_that_is_mostly_mispredicted_is_named() -> None:
    predictions = np.where((BALANCED == 1) & (np.arange(500) % 10 != 1), 0, BALANCED)

    (finding,) = found_by(ClassImbalance(), a_step(0, {"labels": BALANCED, "predictions": predictions}))

    assert finding.value == pytest.approx(0.8)
    assert "class 1" in finding.message


def test_scores_and_one_hot_labels_are_understood() -> None:
    labels = np.eye(2)[BALANCED]
    scores = np.stack([np.full(500, 0.6), np.full(500, 0.4)], axis=1)  # always class 0

    (finding,) = found_by(
        build_rule(ClassImbalance, {"argmax": "True"}), a_step(0, {"labels": labels, "predictions": scores})
    )

    assert (finding.value, finding.threshold) == (1.0, 0.7)


def test_probabilities_of_two_classes_are_cut_at_one_half() -> None:
    probabilities = np.where(BALANCED == 1, 0.7, 0.2)

    assert fired(ClassImbalance(), [a_step(0, {"labels": BALANCED, "predictions": probabilities})]) == []


def test_predictions_of_a_regression_are_not_compared() -> None:
    steps = [a_step(0, {"labels": BALANCED, "predictions": np.linspace(-3, 3, 500)})]

    assert fired(ClassImbalance(), steps) == []


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'threshold_misprediction' is"):
        build_rule(ClassImbalance, {"threshold_misprediction": "70"})
