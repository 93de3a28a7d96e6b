from __future__ import annotations

import numpy as np
import pytest
from tests.debugger.rules.steps import a_step, fired, found_by, names

from clary.debugger.rules import RuleParameterError, build_rule
from clary.debugger.rules.tensor.confusion import Confusion

TEN = np.arange(10)
FOUR_AS_SEVEN = np.where(TEN == 4, 7, TEN)


def test_perfect_predictions_in_collections_are_silent() -> None:
    labels = np.random.default_rng(0).integers(10, size=100)
    known = names({"labels": ["^y$"], "preds": ["^y_hat$"]})
    rule = build_rule(Confusion, {"labels_collection": "labels", "predictions_collection": "preds"})

    assert fired(rule, [a_step(0, {"y": labels, "y_hat": labels}, known=known)]) == []


def test_four_predicted_as_seven_fires() -> None:
    rule = build_rule(Confusion, {"category_no": "10", "labels": "foo", "predictions": "bar"})

    diagonal, off_diagonal = found_by(rule, a_step(1, {"foo": TEN, "bar": FOUR_AS_SEVEN}))

    assert (diagonal.step, diagonal.tensor, diagonal.value, diagonal.threshold) == (1, "bar", 0.5, 0.9)
    assert off_diagonal.message == "50% of what was predicted as class 7 is class 4"


def test_it_fires_for_the_off_diagonal_condition_alone() -> None:
    given = {
        "category_no": "10",
        "labels": "foo",
        "predictions": "bar",
        "min_diag": "0.0",
        "max_off_diag": "0.01",
    }

    (finding,) = found_by(build_rule(Confusion, given), a_step(1, {"foo": TEN, "bar": FOUR_AS_SEVEN}))

    assert (finding.value, finding.threshold) == (0.5, 0.01)


def test_perfect_predictions_with_all_defaults_are_silent() -> None:
    assert fired(Confusion(), [a_step(1, {"labels": TEN, "predictions": TEN})]) == []


def test_scores_over_classes_are_understood() -> None:
    assert fired(Confusion(), [a_step(0, {"labels": TEN, "predictions": np.eye(10)})]) == []
    assert fired(Confusion(), [a_step(0, {"labels": TEN, "predictions": np.eye(10)[FOUR_AS_SEVEN]})]) == [0]


def test_a_regression_is_passed_over() -> None:
    steps = [a_step(0, {"labels": TEN * 1.5, "predictions": TEN * 1.4})]

    assert fired(Confusion(), steps) == []


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(RuleParameterError, match="'min_diag' is"):
        build_rule(Confusion, {"min_diag": "90"})
